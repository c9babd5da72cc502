import bytes from './kernels.wasm';

/** A kernel that offers the rows of a block to the heaps of some queries; their source says what each argument is. */
export type Scan = (
  rows: number,
  scales: number,
  allowed: number,
  count: number,
  first: number,
  size: number,
  queries: number,
  queryCount: number,
  heaps: number,
  k: number,
) => void;

export interface Kernels {
  readonly scanBytes: Scan;
  readonly scanFloats: Scan;
  readonly scanBits: Scan;
  nearPairs(
    queries: number,
    queryScales: number,
    queryRests: number,
    from: number,
    to: number,
    rows: number,
    scales: number,
    rests: number,
    count: number,
    most: number,
    piece: number,
    size: number,
    limit: number,
    found: number,
  ): number;
}

const PAGE = 65_536;

/** The kernels and their memory, of which parts are taken and never given back. */
export class KernelMemory {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  #end = 64;

  private constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.kernels = kernels;
    this.#memory = memory;
  }

  static async start(): Promise<KernelMemory> {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE });
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort: aborted } });
    return new KernelMemory(instance.exports as unknown as Kernels, memory);
  }

  /** Also views become invalid when parts are taken. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer as ArrayBuffer;
  }

  /** The address of so many bytes, zeros. Throws RangeError where memory runs short. */
  take(size: number): number {
    const at = this.#end;
    const end = Math.ceil((at + size) / 64) * 64;
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#end = end;
    return at;
  }
}

function aborted(): never {
  throw new Error('a kernel was aborted');
}
