import packed from './kernels.gz';

type Address = number;
type Size = number;

/** What the kernels export; their source says what each does. */
export interface Kernels {
  quantize: (x: Address, smooth: Address, out: Address, scales: Address, sums: Address, rows: Size, size: Size) => void;
  multiply: Multiply<[xScales: Address, xSums: Address], [wScales: Address, wZeros: Address]>;
  pack: (from: Address, to: Address, inner: Size, columns: Size) => void;
  multiplyFloats: Multiply<[], []>;
  packFloats: (from: Address, to: Address, inner: Size, columns: Size) => void;
  gelu: (x: Address, count: Size) => void;
  normalize: (
    x: Address,
    residual: Address,
    weight: Address,
    bias: Address,
    rows: Size,
    size: Size,
    epsilon: number,
  ) => void;
  attend: Attend;
  attendWords: Attend;
}

export type Attend = (
  q: Address,
  qBytes: Size,
  k: Address,
  v: Address,
  kvBytes: Size,
  out: Address,
  scratch: Address,
  tokens: Size,
  queries: Size,
  heads: Size,
  size: Size,
) => void;

/** Those that only browsers with relaxed SIMD have. */
export interface RelaxedKernels extends Kernels {
  dot: (a: number, b: number) => number;
  quantizeBytes: (
    x: Address,
    smooth: Address,
    out: Address,
    scales: Address,
    zeros: Address,
    terms: Address,
    rows: Size,
    size: Size,
  ) => void;
  multiplyRelaxed: Multiply<[xScales: Address, xZeros: Address, xTerms: Address], [wScales: Address, wSums: Address]>;
  packRelaxed: (from: Address, to: Address, sums: Address, inner: Size, columns: Size) => void;
}

type Multiply<OfRows extends Address[], OfColumns extends Address[]> = (
  x: Address,
  ...rest: [
    ...ofRows: OfRows,
    w: Address,
    ...ofColumns: OfColumns,
    bias: Address,
    out: Address,
    rows: Size,
    inner: Size,
    columns: Size,
    first: Size,
    last: Size,
  ]
) => void;

const PAGE = 65_536;

/** The kernels without and with relaxed SIMD, as scripts/build-kernels.mjs packs them: the length of the former, and both. */
async function unpack(): Promise<{ plain: Uint8Array<ArrayBuffer>; relaxed: Uint8Array<ArrayBuffer> }> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const end = 4 + new DataView(bytes.buffer).getUint32(0, true);
  return { plain: bytes.subarray(4, end), relaxed: bytes.subarray(end) };
}

let unpacked: ReturnType<typeof unpack> | undefined;

function builds() {
  unpacked ??= unpack();
  return unpacked;
}

/** Compiled once: what V8 has made fast for one heap is fast for the next. */
const modules = new Map<boolean, Promise<WebAssembly.Module>>();

/** Whether the browser has relaxed SIMD. */
export async function hasRelaxed(): Promise<boolean> {
  return WebAssembly.validate((await builds()).relaxed);
}

async function compile(isRelaxed: boolean): Promise<WebAssembly.Module> {
  const { plain, relaxed } = await builds();
  return WebAssembly.compile(isRelaxed ? relaxed : plain);
}

/** The kernels' memory: what is put there stays, and above it lies room that each run lays out anew. */
export class Heap {
  readonly kernels: Kernels & Partial<RelaxedKernels>;
  readonly #memory: WebAssembly.Memory;
  #end = 64; // address 0 stands for "none"

  private constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.kernels = kernels;
    this.#memory = memory;
  }

  /** @param useRelaxed default: where the browser has relaxed SIMD */
  static async start(useRelaxed?: boolean): Promise<Heap> {
    const isRelaxed = useRelaxed ?? (await hasRelaxed());
    const module = modules.get(isRelaxed) ?? compile(isRelaxed);
    modules.set(isRelaxed, module);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE });
    const imports = { env: { memory, abort: aborted } };
    const { exports } = await WebAssembly.instantiate(await module, imports);
    return new Heap(exports as unknown as Kernels, memory);
  }

  /** Bytes that are kept. */
  get size(): number {
    return this.#end;
  }

  /** Keeps room for so many bytes. Throws RangeError where memory runs short. */
  take(size: number): number {
    const at = this.#end;
    this.#end = aligned(at + size);
    this.#reserve(this.#end);
    return at;
  }

  /** Keeps a copy of the numbers. */
  keep(values: Float32Array): number {
    const at = this.take(values.byteLength);
    this.floats(at, values.length).set(values);
    return at;
  }

  /** Addresses of parts of so many bytes above everything that is kept. */
  layOut<Part extends string>(sizes: Readonly<Record<Part, number>>): Record<Part, number> {
    let at = this.#end;
    const places = Object.entries<number>(sizes).map(([part, size]) => {
      const place = at;
      at = aligned(at + size);
      return [part, place];
    });
    this.#reserve(at);
    return Object.fromEntries(places);
  }

  /** A view that is valid until memory grows again. */
  floats(at: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, at, length);
  }

  bytes(at: number, length: number): Int8Array<ArrayBuffer> {
    return new Int8Array(this.#memory.buffer as ArrayBuffer, at, length);
  }

  /** A view of everything that is kept. */
  kept(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, 0, this.#end);
  }

  /** Takes over what another heap has kept, at the same addresses. */
  adopt(kept: Uint8Array): void {
    this.#end = kept.length;
    this.#reserve(this.#end);
    new Uint8Array(this.#memory.buffer).set(kept);
  }

  #reserve(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }
}

function aligned(at: number): number {
  return Math.ceil(at / 64) * 64;
}

function aborted(): never {
  throw new Error('a kernel was aborted');
}
