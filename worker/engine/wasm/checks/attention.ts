import fc from 'fast-check';
import { type Addresses, assert, close, heap, numbers, put, seeds } from './ground';

function attended(
  kernel: 'attend' | 'attendWords',
  tokens: number,
  queries: number,
  heads: number,
  size: number,
  seed: number,
) {
  const hidden = heads * size;
  // Small enough for float32: scores of hundreds would lose the digits that the softmax makes visible.
  const qkv = numbers(tokens * 3 * hidden, seed).map((value) => value / Math.sqrt(size));
  const [at, out, scratch] = put(qkv, queries * hidden * 4, 4 * (2 * size + 4) * (tokens + 7)) as Addresses;
  const [keys, row] = [at + 4 * hidden, 12 * hidden];
  heap.kernels[kernel](at, row, keys, keys + 4 * hidden, row, out, scratch, tokens, queries, heads, size);
  const part = (token: number, which: number, head: number, d: number) =>
    qkv[token * 3 * hidden + which * hidden + head * size + d]!;
  const expected = Array.from({ length: queries }, (_, query) =>
    Array.from({ length: heads }, (_, head) => {
      const scores = Array.from({ length: tokens }, (_, token) => {
        let sum = 0;
        for (let d = 0; d < size; d++) sum += part(query, 0, head, d) * part(token, 1, head, d);
        return sum;
      });
      const peak = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((a, b) => a + b);
      return Array.from(
        { length: size },
        (_, d) => weights.reduce((sum, weight, token) => sum + weight * part(token, 2, head, d), 0) / total,
      );
    }),
  ).flat(2);
  return { found: heap.floats(out, queries * hidden).slice(), expected };
}

function checkAttention(kernel: 'attend' | 'attendWords', tolerance: number): void {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(8, 32, 64),
      seeds,
      (tokens, heads, size, seed) => {
        for (const queries of [tokens, 1]) {
          const { found, expected } = attended(kernel, tokens, queries, heads, size, seed);
          close(found, expected, tolerance);
        }
      },
    ),
    { numRuns: 40 },
  );
  for (const tokens of [512, 8192]) {
    const { found, expected } = attended(kernel, tokens, 5, 1, 32, tokens);
    close(found, expected, tolerance);
  }
}

export const attentionChecks: Readonly<Record<string, () => void>> = {
  'attend: all queries or the first, any number of tokens'() {
    checkAttention('attend', 2e-4);
  },

  'attendWords: the same in int16'() {
    checkAttention('attendWords', 3e-3);
  },

  'attendWords: many faint tokens count beside a loud one, and what is not a number stays visible'() {
    const [tokens, size] = [2048, 32];
    const qkv = new Float32Array(tokens * 3 * size);
    qkv[0] = 1;
    for (let token = 0; token < tokens; token++) {
      qkv[token * 3 * size + size] = token === 0 ? Math.log(1000) : 0; // a thousand times the weight of each other
      qkv[token * 3 * size + 2 * size] = token === 0 ? 0 : 1;
    }
    const attended = () => {
      const [at, out, scratch] = put(qkv, 4 * size, 4 * (2 * size + 4) * (tokens + 7)) as Addresses;
      heap.kernels.attendWords(at, 0, at + 4 * size, at + 8 * size, 12 * size, out, scratch, tokens, 1, 1, size);
      return heap.floats(out, size).slice();
    };
    close(attended().subarray(0, 1), [(tokens - 1) / (tokens + 999)], 2e-3);
    for (const place of [0, size, 2 * size]) {
      const before = qkv[place]!;
      qkv[place] = Number.NaN;
      assert(Number.isNaN(attended()[0]), `NaN at ${place} is lost`);
      qkv[place] = before;
    }
  },
};
