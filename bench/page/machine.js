// How fast this CPU is at what embeddings are made of, in operations a second of one core: a loop in WebAssembly of
// eight independent accumulators, with float multiply-and-add, or with the relaxed integer dot product.
// CPUs with VNNI-class instructions are some 5 times as fast at the latter, others 2.5 times.

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const SIMD = 0xfd;
const V128 = 0x7b;
const I32 = 0x7f;
const ACCUMULATORS = 8;

const simd = {
  i32x4Splat: [SIMD, 17],
  i32x4ExtractLane0: [SIMD, 27, 0],
  i32x4Add: [SIMD, 174, 1],
  f32x4Add: [SIMD, 228, 1],
  f32x4Mul: [SIMD, 230, 1],
  relaxedDotI8I7Add: [SIMD, 147, 2],
};

// Locals: 0 the count of rounds, 1 the operand, which changes each round so that nothing can be hoisted, 2… the accumulators.
const accumulator = (index) => 2 + index;
const floats = (acc) => [
  ...[LOCAL_GET, acc, LOCAL_GET, 1, LOCAL_GET, 1, ...simd.f32x4Mul, ...simd.f32x4Add, LOCAL_SET, acc],
];
const bytes = (acc) => [...[LOCAL_GET, 1, LOCAL_GET, 1, LOCAL_GET, acc, ...simd.relaxedDotI8I7Add, LOCAL_SET, acc]];

const section = (id, content) => [id, ...leb(content.length), ...content];
const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)]);

/** A module with `run(rounds)`, which does `step` for each accumulator in each round. */
function moduleOf(step) {
  const all = Array.from({ length: ACCUMULATORS }, (_, index) => accumulator(index));
  const body = [
    ...[1, ACCUMULATORS + 1, V128],
    ...[0x03, 0x40], // loop
    ...[LOCAL_GET, 0, ...simd.i32x4Splat, LOCAL_SET, 1],
    ...all.flatMap(step),
    ...[LOCAL_GET, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b], // rounds - 1, again unless it is 0, end of the loop
    ...all.flatMap((acc, index) => [LOCAL_GET, acc, ...(index ? simd.i32x4Add : [])]),
    ...[...simd.i32x4ExtractLane0, 0x0b],
  ];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...new TextEncoder().encode('run'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** The best of some short runs, in billions of operations a second. */
async function speed(step, operationsOfStep) {
  const { instance } = await WebAssembly.instantiate(moduleOf(step));
  const rounds = 4e6;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 8; run++) {
    const start = performance.now();
    instance.exports.run(rounds);
    best = Math.min(best, performance.now() - start);
  }
  return (rounds * ACCUMULATORS * operationsOfStep) / best / 1e6;
}

window.machine = async () => ({
  floats: await speed(floats, 8),
  bytes: await speed(bytes, 32).catch(() => null), // a browser without relaxed SIMD
});
