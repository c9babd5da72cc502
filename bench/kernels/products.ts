import { Heap, hasRelaxed } from '../../worker/engine/wasm/heap';
import { arithmeticOf, keepProduct, type Precision, quantizedRoom } from '../../worker/engine/wasm/products';

interface Shape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** In Gop/s, the best of all short runs. */
export interface ProductSpeeds {
  /** On data that lies in the L1 cache. */
  readonly cached: number;
  /** On each of the model's products. */
  readonly model: Readonly<Record<string, number>>;
}

/** About a text of the mean length; whole tiles of every kernel. */
const ROWS = 96;

/** bge-small's. */
const MODEL_SHAPES: Readonly<Record<string, Shape>> = {
  'q, k, v': { rows: ROWS, inner: 384, columns: 1152 },
  'attention out': { rows: ROWS, inner: 384, columns: 384 },
  'ffn in': { rows: ROWS, inner: 384, columns: 1536 },
  'ffn out': { rows: ROWS, inner: 1536, columns: 384 },
};

/** The fastest of those that fit is what the kernel can do; a long inner dimension leaves the end of each sum least weight. */
const SMALL_SHAPES: readonly Shape[] = [
  { rows: 12, inner: 1536, columns: 8 },
  { rows: 4, inner: 1536, columns: 8 },
  { rows: 24, inner: 384, columns: 32 },
  { rows: 12, inner: 384, columns: 32 },
  { rows: 8, inner: 384, columns: 8 },
  { rows: 12, inner: 192, columns: 16 },
];
const L1_BYTES = 32_768;

const ACTIVATION_BYTES: Readonly<Record<Precision, number>> = { i16: 2, i8: 1, f32: 4 };

/** Operations of one timed run: about a millisecond. */
const RUN_OPERATIONS = 1e8;

/**
 * How fast the product of each precision is in this browser. All shapes take turns for so many milliseconds, before which they
 * do for a third of it: then V8 has optimised the code.
 */
export async function measureProducts(ms: number): Promise<Partial<Record<Precision, ProductSpeeds>>> {
  const heap = await Heap.start();
  const precisions: Precision[] = (await hasRelaxed()) ? ['i16', 'i8', 'f32'] : ['i16', 'f32'];
  const all = precisions.map((precision) => ({
    precision,
    cached: SMALL_SHAPES.filter((shape) => bytesOf(shape, precision) <= L1_BYTES).map(
      (shape) => new TimedProduct(heap, precision, shape),
    ),
    model: Object.entries(MODEL_SHAPES).map(
      ([name, shape]) => [name, new TimedProduct(heap, precision, shape)] as const,
    ),
  }));
  const products = all.flatMap(({ cached, model }) => [...cached, ...model.map(([, product]) => product)]);
  const takeTurns = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; ) for (const product of products) product.run();
  };
  takeTurns(ms / 3);
  for (const product of products) product.best = 0;
  takeTurns(ms);
  return Object.fromEntries(
    all.map(({ precision, cached, model }) => [
      precision,
      {
        cached: Math.max(...cached.map(({ best }) => best)),
        model: Object.fromEntries(model.map(([name, { best }]) => [name, best])),
      },
    ]),
  );
}

/** Of activations, weights and outputs. */
function bytesOf({ rows, inner, columns }: Shape, precision: Precision): number {
  const activation = ACTIVATION_BYTES[precision];
  return rows * inner * activation + inner * columns * (precision === 'f32' ? 4 : 1) + rows * columns * 4;
}

/** A product of random numbers. */
class TimedProduct {
  /** Gop/s of the fastest run. */
  best = 0;
  readonly #operations: number;
  readonly #multiply: () => void;

  constructor(heap: Heap, precision: Precision, { rows, inner, columns }: Shape) {
    const arithmetic = arithmeticOf(precision, heap);
    const random = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5);
    const matrix = { kind: 'float32', inputs: inner, outputs: columns, values: random(inner * columns) } as const;
    const product = keepProduct(heap, arithmetic, [{ matrix, bias: new Float32Array(columns), smooth: null }]);
    const room = quantizedRoom(rows, inner);
    const quantized = {
      values: heap.take(room.values),
      scales: heap.take(room.scales),
      extra: heap.take(room.extra),
      more: heap.take(room.more),
    };
    const x = heap.keep(random(rows * inner));
    const out = heap.take(4 * rows * columns);
    arithmetic.quantize(x, product, rows, quantized);
    const range = { first: 0, last: columns };
    this.#operations = 2 * rows * inner * columns;
    this.#multiply = () => arithmetic.multiply(x, quantized, product, out, rows, range);
  }

  run(): void {
    const repeats = Math.ceil(RUN_OPERATIONS / this.#operations);
    const start = performance.now();
    for (let i = 0; i < repeats; i++) this.#multiply();
    const speed = (repeats * this.#operations) / (performance.now() - start) / 1e6;
    this.best = Math.max(this.best, speed);
  }
}
