import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHUNK_BYTES } from '../../src/shared/storage';
import { Mismatch, PartialFile, TooLarge } from './partial-file';

const part = (size: number | null) => new PartialFile(size);
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test('the gaps of a file of known size, from its chunks in any order', () => {
  const file = part(2.5 * CHUNK_BYTES);
  expect(file.gap()).toEqual({ start: 0, end: 2.5 * CHUNK_BYTES });
  expect(file.write(CHUNK_BYTES, bytes(CHUNK_BYTES))).toEqual([1]);
  expect(file.gap()).toEqual({ start: 0, end: CHUNK_BYTES });
  expect(file.write(0, bytes(10))).toEqual([]);
  expect(file.gap()).toEqual({ start: 10, end: CHUNK_BYTES });
  expect(file.write(10, bytes(CHUNK_BYTES - 10))).toEqual([0]);
  expect(file.gap()).toEqual({ start: 2 * CHUNK_BYTES, end: 2.5 * CHUNK_BYTES });
  expect(file.write(2 * CHUNK_BYTES, bytes(CHUNK_BYTES / 2))).toEqual([2]);
  expect(file.gap()).toBeNull();
  expect(file.loaded).toBe(2.5 * CHUNK_BYTES);
});

test('a file of unknown size ends where the server ends', () => {
  const file = part(null);
  file.expect(100);
  expect(file.gap()).toEqual({ start: 0, end: null });
  expect(file.write(0, bytes(CHUNK_BYTES + 3))).toEqual([0]);
  expect(file.gap()).toEqual({ start: CHUNK_BYTES + 3, end: null });
  expect(file.end(CHUNK_BYTES + 3)).toEqual([1]);
  expect(file.gap()).toBeNull();
  // Vitest compares millions of array items in half a minute.
  expect(Buffer.from(file.bytes).equals(bytes(CHUNK_BYTES + 3))).toBe(true);
  expect(file.chunk(1)).toEqual(bytes(3).buffer);
});

test('a file of unknown size that is a whole number of chunks, and an empty one', () => {
  const file = part(null);
  expect(file.write(0, bytes(CHUNK_BYTES))).toEqual([0]);
  expect(file.end(CHUNK_BYTES)).toEqual([]);
  expect(file.gap()).toBeNull();
  const empty = part(null);
  expect(empty.end(0)).toEqual([]);
  expect([empty.gap(), empty.bytes.length]).toEqual([null, 0]);
});

test('more bytes than the size, or another size, are a mismatch', () => {
  expect(() => part(5).write(3, bytes(3))).toThrow(Mismatch);
  expect(() => part(5).setSize(6)).toThrow(Mismatch);
});

test('a reset leaves only what the caller knew', () => {
  const file = part(7);
  file.write(0, bytes(7, 9));
  Object.assign(file, { etag: '"a"', sha256: 'b', resumed: true, digests: ['c'] });
  file.reset();
  expect([file.gap(), file.etag, file.sha256, file.resumed, file.stored]).toEqual([
    { start: 0, end: 7 },
    null,
    null,
    false,
    0,
  ]);
  const learnt = part(null);
  learnt.setSize(4);
  learnt.reset();
  expect(learnt.size).toBeNull();
});

test('any pieces in order make the same bytes and tell each chunk once', () => {
  const pieces = fc.array(fc.integer({ min: 0, max: CHUNK_BYTES + 9 }), { maxLength: 5 });
  fc.assert(
    fc.property(pieces, fc.boolean(), (lengths, known) => {
      const size = lengths.reduce((sum, length) => sum + length, 0);
      const file = part(known ? size : null);
      const told: number[] = [];
      let at = 0;
      for (const [n, length] of lengths.entries()) {
        told.push(...file.write(at, bytes(length, n + 1)));
        at += length;
      }
      if (!known) told.push(...file.end(at));
      expect(told).toEqual(Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, n) => n));
      expect(file.gap()).toBeNull();
      let start = 0;
      for (const [n, length] of lengths.entries()) {
        if (length) expect([file.bytes[start], file.bytes[start + length - 1]]).toEqual([n + 1, n + 1]);
        start += length;
      }
    }),
    { numRuns: 25 },
  );
});

test('a file that is too large, or that memory does not hold, is told apart', () => {
  expect(() => new PartialFile(11, 10)).toThrow(TooLarge);
  const part = new PartialFile(null, 10);
  part.write(0, new Uint8Array(8));
  expect(() => part.write(8, new Uint8Array(3))).toThrow(TooLarge);
  expect(() => part.setSize(11)).toThrow(TooLarge);
  expect(() => new PartialFile(2 ** 52)).toThrow(
    expect.objectContaining({ size: 2 ** 52, cause: expect.any(RangeError) }),
  );
});
