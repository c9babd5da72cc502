import { Heap, hasRelaxed } from './heap';
import { arithmeticOf, keepProduct, quantizedRoom } from './products';

/** The less precise product must be so many times as fast. */
const WORTH = 1.3;

/** Operands that lie in the fastest cache; rows fill the tiles of both kernels. */
const SHAPE = { rows: 12, inputs: 256, outputs: 64 };

/** Milliseconds of a measurement, and in all: V8 takes some of them until it has compiled the kernels for speed. */
const ONCE_MS = 0.5;
const IN_ALL_MS = 30;

/**
 * What 127 · 255 + 127 · 255 + 127 · 255 + 127 · 255 comes to in a relaxed dot product, whose second operand should have 7 bits: by one instruction that takes
 * it as unsigned (AVX-VNNI), and by three, the first of which saturates in 16 bits (SSSE3, AVX2). Where it is taken as signed (ARM, AVX-VNNI-INT8) it is neither.
 */
const ONE_INSTRUCTION = 4 * 127 * 255;
const SATURATED = 2 * 32_767;

let decided: Promise<'i16' | 'i8'> | undefined;

/**
 * The product that is better here: the more precise one, unless the CPU has an instruction for the other. That instruction is known by its results, so
 * that every worker on a machine decides alike; where results say nothing the time does, in some 30 ms.
 */
export function fasterPrecision(): Promise<'i16' | 'i8'> {
  decided ??= decide().catch(() => 'i16'); // what fails here fails again where the model is opened, and is told there
  return decided;
}

async function decide(): Promise<'i16' | 'i8'> {
  if (!(await hasRelaxed())) return 'i16';
  const { kernels } = await Heap.start(true);
  const dot = kernels.dot?.(127, 255);
  if (dot === ONE_INSTRUCTION) return 'i8';
  return dot === SATURATED ? 'i16' : race();
}

async function race(): Promise<'i16' | 'i8'> {
  const [words, bytes] = [await timerOf('i16'), await timerOf('i8')];
  const best = { words: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  for (const end = performance.now() + IN_ALL_MS; performance.now() < end; ) {
    best.words = Math.min(best.words, words());
    best.bytes = Math.min(best.bytes, bytes());
    await new Promise((resolve) => setTimeout(resolve)); // what V8 has compiled meanwhile comes in
  }
  return best.words / best.bytes >= WORTH ? 'i8' : 'i16';
}

/** Times one product, in milliseconds. */
async function timerOf(precision: 'i16' | 'i8'): Promise<() => number> {
  const { rows, inputs, outputs } = SHAPE;
  const heap = await Heap.start(true);
  const arithmetic = arithmeticOf(precision, heap);
  const values = Float32Array.from({ length: inputs * outputs }, (_, i) => Math.sin(i));
  const matrix = { kind: 'float32', inputs, outputs, values } as const;
  const product = keepProduct(heap, arithmetic, [{ matrix, bias: new Float32Array(outputs), smooth: null }]);
  const { x, out, ...quantized } = heap.layOut({
    x: 4 * rows * inputs,
    out: 4 * rows * outputs,
    ...quantizedRoom(rows, inputs),
  });
  heap.floats(x, rows * inputs).set(values.subarray(0, rows * inputs));
  arithmetic.quantize(x, product, rows, quantized);
  return () => {
    const start = performance.now();
    let count = 0;
    let now = start;
    while (now - start < ONCE_MS) {
      for (let i = 0; i < 8; i++) arithmetic.multiply(x, quantized, product, out, rows, { first: 0, last: outputs });
      count += 8;
      now = performance.now();
    }
    return (now - start) / count;
  };
}
