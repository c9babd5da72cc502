import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toNpy } from '../src/npy';
import { MemoryStore } from './store/store';
import { call, document, open } from './testing';

// The files lie in e2e/goldens/search/vectors with what NumPy read of them (read_vectors.py). As our bytes are theirs, NumPy reads ours.
const golden = (name: string) => readFileSync(new URL(`../e2e/goldens/search/vectors/${name}`, import.meta.url));
const answers = JSON.parse(golden('numpy.json').toString());

const DOCUMENTS = [
  document('bees', 'Bees make honey from nectar. Bees are many.', { title: 'Garden', tags: ['a', 'b'], date: 2024 }),
  document('雨', 'Rain "falls"\non the roof.', { url: 'https://example.org/?q=1' }),
  document('long', 'The quick brown fox jumps over the lazy dog. '.repeat(20), { format: 'markdown' }),
  document('empty', ''),
];

test.each([
  'float16',
  'float32',
] as const)('exported %s vectors are the file that NumPy read, with a line for each row', async (kind) => {
  const index = await open(new MemoryStore(), undefined, { vectors: kind === 'float32' ? 'float32' : 'int8' });
  await index.add([document('gone', 'Nothing of this is left.'), ...DOCUMENTS], call());
  await index.remove(['gone'], call());
  const { data, rows, dim, lines } = index.exportVectors();
  const npy = toNpy({ data, shape: [rows, dim] });
  expect(Buffer.from(npy).equals(golden(`${kind}.npy`))).toBe(true);
  expect(lines).toBe(golden(`${kind}.jsonl`).toString());

  const { shape, dtype, rowSums, ids } = answers[kind];
  expect([shape, dtype]).toEqual([[rows, dim], kind]);
  expect(rowSums.length).toBe(rows);
  const parsed = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(parsed.map(({ id }) => id)).toEqual(ids);
  // A vector of the test's embedder has the number of the words, headings included.
  for (const [i, { title = '', text }] of parsed.entries())
    expect(rowSums[i]).toBe(`${title} ${text}`.match(/\w+/g)!.length);
});
