import { Encoder } from '../../worker/engine/wasm/encoder';
import { Heap, hasRelaxed, type Kernels } from '../../worker/engine/wasm/heap';
import type { PackedEncoder } from '../../worker/engine/wasm/packed';
import { readPrepared } from '../../worker/engine/wasm/prepared-weights';
import type { Precision } from '../../worker/engine/wasm/products';

/** Where the time of one text goes: milliseconds by part, the least of all runs. */
export interface Split {
  readonly precision: Precision;
  readonly tokens: number;
  readonly parts: Readonly<Record<string, number>>;
}

const LENGTHS = [100, 400];

/** Where the time goes on an embedded model, which is run for so many milliseconds by each integer product and length. */
export async function measureSplit(model: string, heads: number, ms: number): Promise<Split[]> {
  const read = async (name: string) =>
    new Uint8Array(await (await fetch(`/models/${model}/onnx/${name}`)).arrayBuffer());
  const weights = readPrepared(await read('model_webgpu.json'), await read('model_quantized.onnx'), heads);
  const splits: Split[] = [];
  for (const precision of (await hasRelaxed()) ? (['i16', 'i8'] as const) : (['i16'] as const)) {
    const clock = new Clock();
    const encoder = await clock.around(() => Encoder.open(weights, precision));
    for (const tokens of LENGTHS) {
      const ids = Int32Array.from({ length: tokens }, (_, i) => (i * 7919) % weights.words.rows);
      const run = () => clock.take(encoder.packed, () => encoder.encode(ids, [tokens], 'first'));
      run();
      const runs = [];
      for (const end = performance.now() + ms; performance.now() < end; ) runs.push(run());
      splits.push({ precision, tokens, parts: least(runs) });
    }
  }
  return splits;
}

/** Measures the time in each kernel of encoders that are opened within `around`. */
class Clock {
  readonly #calls: {
    readonly kernel: string;
    readonly args: number[];
    readonly start: number;
    readonly end: number;
  }[] = [];

  /** The engine keeps its kernels to itself, so its heaps get kernels that look at the clock. */
  async around<T>(open: () => Promise<T>): Promise<T> {
    const { start } = Heap;
    Heap.start = async (...args) => {
      const heap = await start(...args);
      return Object.assign(heap, { kernels: this.#timed(heap.kernels) });
    };
    try {
      return await open();
    } finally {
      Heap.start = start;
    }
  }

  /** The milliseconds of each part of a run. */
  take(packed: PackedEncoder, run: () => void): Record<string, number> {
    this.#calls.length = 0;
    const start = performance.now();
    run();
    const end = performance.now();
    const first = this.#calls[0]!;
    // Before its first kernel the encoder adds up the vectors of words and places, in JavaScript.
    const parts: Record<string, number> = { embedding: first.start - start };
    let rest = end - first.start;
    for (const { kernel, args, start, end } of this.#calls) {
      const part = partOf(kernel, args, packed);
      parts[part] = (parts[part] ?? 0) + end - start;
      rest -= end - start;
    }
    return { ...parts, rest };
  }

  #timed(kernels: Kernels): Kernels {
    const timed = Object.entries(kernels).map(([kernel, call]) => [
      kernel,
      (...args: number[]) => {
        const start = performance.now();
        call(...args);
        this.#calls.push({ kernel, args, start, end: performance.now() });
      },
    ]);
    return Object.fromEntries(timed);
  }
}

const PARTS: Readonly<Record<string, string>> = {
  quantize: 'quantize',
  quantizeBytes: 'quantize',
  attend: 'attention',
  attendWords: 'attention',
  gelu: 'GELU',
  normalize: 'normalisation',
};

/** A product is told by its sizes, which are among its last arguments: rows, inner, columns, first, last. */
function partOf(kernel: string, args: readonly number[], { layers }: PackedEncoder): string {
  const part = PARTS[kernel];
  if (part) return part;
  const { qkv, attentionOut, ffnIn, ffnOut } = layers[0]!;
  const products = { 'q, k, v': qkv, 'attention out': attentionOut, 'ffn in': ffnIn, 'ffn out': ffnOut };
  const [inner, columns] = args.slice(-4, -2);
  const found = Object.entries(products).find(([, product]) => product.inputs === inner && product.columns === columns);
  return `product: ${found![0]}`;
}

function least(runs: readonly Record<string, number>[]): Record<string, number> {
  return Object.fromEntries(Object.keys(runs[0]!).map((part) => [part, Math.min(...runs.map((run) => run[part]!))]));
}
