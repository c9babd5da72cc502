import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from './float16.js';

test('every half-precision number comes back', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromFloat16(bits);
    if (Number.isNaN(value)) expect(Number.isNaN(fromFloat16(toFloat16(value)))).toBe(true);
    else expect(toFloat16(value)).toBe(bits);
  }
});

test('a number becomes the nearest half, ties to the even one', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
      const bits = toFloat16(value);
      const error = Math.abs(fromFloat16(bits) - value);
      for (const other of [bits - 1, bits + 1]) {
        const neighbour = fromFloat16(other & 0xffff);
        if (!Number.isFinite(neighbour) || Math.sign(neighbour) !== Math.sign(value)) continue;
        expect(error).toBeLessThanOrEqual(Math.abs(neighbour - value));
        if (error === Math.abs(neighbour - value) && error > 0) expect(bits & 1).toBe(0);
      }
    }),
    { numRuns: 2000 },
  );
  // numpy.float16 of these: 1.0009765625 (tie to even below), inf, 65504, 0, the smallest.
  expect([1.00048828125, 65520, 65519, 2 ** -25, 2 ** -24 * 1.5].map((value) => fromFloat16(toFloat16(value)))).toEqual(
    [1, Number.POSITIVE_INFINITY, 65504, 0, 2 ** -23],
  );
});
