import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ChromaClient,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  serializeEmbeddingFunction,
} from 'chromadb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cosine, goldensOf } from '../../e2e/goldens';
import { unpackTinyModels } from '../../e2e/tiny-models';
import { createEmbedder, type Embedder, registerModel } from '../node/index';
import { BgeEmbeddingFunction, BgeSparseEmbeddingFunction } from './chroma';

const root = join(import.meta.dirname, '../..');
const client = {} as ChromaClient; // Chroma hands it on to the function's class, which needs none
let embedder: Embedder;
let m3: Embedder;
let tiny: string;

beforeAll(async () => {
  embedder = await createEmbedder({ modelBase: join(root, 'public/models') });
  tiny = mkdtempSync(join(tmpdir(), 'bge-web-chroma-'));
  unpackTinyModels(join(tiny, 'tiny'));
  const { id } = registerModel({ id: 'tiny/bge-m3', dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
  m3 = await createEmbedder({ model: id, modelBase: tiny, dtype: 'fp32' });
}, 60_000);
afterAll(() => {
  embedder.dispose();
  m3.dispose();
  rmSync(tiny, { recursive: true });
});

test("vectors are the reference's, with the instruction before queries only", { timeout: 60_000 }, async () => {
  const { queries, passages, scores } = goldensOf('bge-small-en-v1.5').similarity;
  const bge = new BgeEmbeddingFunction(embedder);
  const [ofQueries, ofPassages] = [await bge.generateForQueries(queries), await bge.generate(passages)];
  for (const [q, row] of scores.entries())
    for (const [p, score] of row.entries())
      expect(Math.abs(cosine(ofQueries[q]!, ofPassages[p]!) - score)).toBeLessThan(0.02);
  expect([bge.defaultSpace(), ...bge.supportedSpaces()]).toEqual(['cosine', 'cosine', 'l2', 'ip']);
});

test("lexical weights are the reference's, by rising token ids", { timeout: 60_000 }, async () => {
  const { cases } = JSON.parse(readFileSync(join(root, 'e2e/goldens/m3/m3_encode.json'), 'utf8'));
  const golden = cases.find(
    (one: { lexical_weights: unknown[]; max_length: unknown }) =>
      one.lexical_weights.length > 4 && one.max_length === null,
  );
  const sparse = new BgeSparseEmbeddingFunction(m3);
  const expected = new Map<number, number>(
    golden.lexical_weights.map(([id, weight]: [string, number]) => [+id, weight]),
  );
  for (const [row] of [await sparse.generate([golden.text]), await sparse.generateForQueries([golden.text])]) {
    expect(row!.indices).toEqual([...expected.keys()].sort((a, b) => a - b));
    expect(row!.tokens!.length).toBe(row!.indices.length);
    for (const [i, id] of row!.indices.entries())
      expect(Math.abs(row!.values[i]! - expected.get(id)!)).toBeLessThan(1e-4);
  }
});

test('Chroma stores the functions by name, and finds them again', async () => {
  const [dense, sparse] = [new BgeEmbeddingFunction(embedder), new BgeSparseEmbeddingFunction(m3)];
  registerEmbeddingFunction(dense.name, BgeEmbeddingFunction);
  registerSparseEmbeddingFunction(sparse.name, BgeSparseEmbeddingFunction);
  const stored = serializeEmbeddingFunction({ embeddingFunction: dense });
  const { model, space } = embedder.info;
  expect(stored).toEqual({ type: 'known', name: 'bge-web', config: { model, space } });
  const found = await getEmbeddingFunction({ client, efConfig: JSON.parse(JSON.stringify(stored)) });
  expect(found).toBeInstanceOf(BgeEmbeddingFunction);
  expect(await found!.generateForQueries!(['bees'])).toEqual(await dense.generateForQueries(['bees']));
  const config = sparse.getConfig();
  const foundSparse = await getSparseEmbeddingFunction(client, { type: 'known', name: sparse.name, config });
  expect(await foundSparse!.generate(['bees'])).toEqual(await sparse.generate(['bees']));
});

test('what is wrong is named', async () => {
  const bge = new BgeEmbeddingFunction(embedder);
  await expect(bge.generate(['a', 7 as never])).rejects.toMatchObject({
    name: 'InvalidInputError',
    message: 'Expected `texts[1]` to be a string, got `7` (number)',
  });
  expect(() => new BgeEmbeddingFunction(undefined as never)).toThrow('Expected `embedder` to be one of createEmbedder');
  expect(() => new BgeSparseEmbeddingFunction(embedder)).toThrow('BAAI/bge-small-en-v1.5 has no sparse head');
  const other = { model: 'me/other', space: 'me/other@main/fp32/cls-l2/0/384' };
  for (const check of [() => bge.validateConfigUpdate(other), () => BgeEmbeddingFunction.buildFromConfig(other)])
    expect(check).toThrow(expect.objectContaining({ name: 'SpaceMismatchError' }));
});
