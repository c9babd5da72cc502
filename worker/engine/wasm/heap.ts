import bytes from './kernels.wasm';

/** What the kernels export; their source says what each does. */
export interface Kernels {
  quantize(x: number, smooth: number, out: number, scales: number, rows: number, size: number): void;
  multiply(
    x: number,
    xScales: number,
    w: number,
    wScales: number,
    bias: number,
    out: number,
    rows: number,
    inner: number,
    columns: number,
    first: number,
    last: number,
  ): void;
  gelu(x: number, count: number): void;
  pack(from: number, to: number, inner: number, columns: number): void;
  normalize(
    x: number,
    residual: number,
    weight: number,
    bias: number,
    rows: number,
    size: number,
    epsilon: number,
  ): void;
  attend(qkv: number, out: number, scratch: number, tokens: number, queries: number, heads: number, size: number): void;
}

const PAGE = 65_536;

/** The kernels' memory: what is put there stays, and above it lies room that each run lays out anew. */
export class Heap {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  #end = 64; // address 0 stands for "none"

  private constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.kernels = kernels;
    this.#memory = memory;
  }

  static async start(): Promise<Heap> {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE });
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort: aborted } });
    return new Heap(instance.exports as unknown as Kernels, memory);
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
