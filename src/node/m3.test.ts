import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cosine } from '../../e2e/goldens';
import { startServer } from '../../e2e/hub-server';
import { unpackTinyModels } from '../../e2e/tiny-models';
import { createEmbedder, createIndex, createReranker, registerModel } from './index';

// BGE-M3 and the reranker, small checkpoints of their architecture, as in e2e/m3.spec.ts and e2e/reranker.spec.ts.
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bge-web-tiny-'));
const dtype = 'fp32';

/** Answers of FlagEmbedding 1.4.2; versions inside. */
const goldens = (name: string) => JSON.parse(readFileSync(join(root, `e2e/goldens/m3/${name}.json`), 'utf8')).cases;

beforeAll(() => {
  unpackTinyModels(join(folder, 'tiny'));
  for (const variant of ['', '-torch', '-checkpoint', '-headless'])
    registerModel({ id: `tiny/bge-m3${variant}`, dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
  for (const variant of ['', '-checkpoint'])
    registerModel({ id: `tiny/bge-reranker${variant}`, task: 'rerank', maxLength: 8192 });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface M3Case {
  readonly id: string;
  readonly text: string;
  readonly max_length: number | null;
  readonly input_ids: number[];
  readonly dense: number[];
  readonly lexical_weights: [string, number][];
  readonly colbert_shape: [number, number];
  readonly colbert_sum: number[];
}

test.each(['', '-torch', '-checkpoint'])('the three heads of bge-m3%s are those of the reference', async (variant) => {
  const cases: M3Case[] = goldens('m3_encode');
  const m3 = await createEmbedder({ model: `tiny/bge-m3${variant}`, modelBase: folder, dtype });
  expect(m3.info).toMatchObject({ engine: 'wasm', dtype });
  // Those of PyTorch are float16.
  const tolerance = variant === '-torch' ? 1e-3 : 1e-4;
  for (const { id, text, max_length, input_ids, dense, ...golden } of cases) {
    const maxLength = max_length ?? 512;
    const [tokens] = await m3.tokenize(text, { maxLength });
    expect([...tokens!.ids], id).toEqual(input_ids);
    const found = await m3.encode(text, { dense: true, sparse: true, colbert: true, maxLength });
    expect(cosine([...found.dense.row(0)], dense), id).toBeGreaterThanOrEqual(0.99999);
    const weights = found.sparse.row(0).toTokens();
    expect(weights.map((weight) => String(weight.id))).toEqual(golden.lexical_weights.map(([token]) => token));
    for (const [k, [, weight]] of golden.lexical_weights.entries())
      expect(Math.abs(weights[k]!.weight - weight), id).toBeLessThan(tolerance);
    const { data, dim, tokens: rows } = found.colbert.row(0);
    expect([rows, dim]).toEqual(golden.colbert_shape);
    const sum = golden.colbert_sum.map((_, d) =>
      data.reduce((all, value, at) => all + (at % dim === d ? value : 0), 0),
    );
    expect(cosine(sum, golden.colbert_sum), id).toBeGreaterThanOrEqual(0.9999);
  }
  m3.dispose();
});

test('scores of pairs are those of the reference', async () => {
  const cases = goldens('m3_scores');
  const m3 = await createEmbedder({ model: 'tiny/bge-m3', modelBase: folder, dtype });
  const pairs = cases.map(({ query, passage }: { query: string; passage: string }) => [query, passage]);
  const found = await m3.score(pairs);
  for (const [i, { id, compute_score_single }] of cases.entries())
    for (const name of ['dense', 'sparse', 'colbert', 'sparse+dense', 'colbert+sparse+dense'] as const)
      expect(Math.abs(found[name][i]! - compute_score_single[name]), `${id} ${name}`).toBeLessThan(1e-3);
  const { alignments } = await m3.explain(pairs[0][0], pairs[0][1]);
  expect(alignments.length).toBe((await m3.tokenize(pairs[0][0]))[0]!.ids.length - 1);
});

test.each(['', '-checkpoint'])('the logits of bge-reranker%s are those of the reference', async (variant) => {
  const cases = goldens('reranker');
  const reranker = await createReranker({ model: `tiny/bge-reranker${variant}`, modelBase: folder, dtype });
  const pairs = cases.map(({ query, passage }: { query: string; passage: string }) => [query, passage]);
  for (const [setting, options] of [
    ['default', {}],
    ['max_length_64_query_16', { maxLength: 64, maxQueryLength: 16 }],
  ] as const) {
    const found = await reranker.score(pairs, options);
    for (const [i, golden] of cases.entries())
      expect(Math.abs(found[i]! - golden[setting].score), `${setting} ${golden.id}`).toBeLessThan(1e-3);
  }
  reranker.dispose();
});

test('in the layout of the hub, by default in int8, with heads from a server', async () => {
  const server = await startServer({ roots: {}, hub: folder });
  const options = {
    model: 'tiny/bge-m3',
    modelBase: `${server.url}/{model}/resolve/{revision}/{file}`,
    cacheDir: join(folder, 'cache'),
  };
  const all = { dense: true, sparse: true, colbert: true } as const;
  const first = await createEmbedder(options);
  expect(first.info).toMatchObject({ engine: 'wasm', dtype: 'q8', revision: 'main' });
  const before = await first.encode('What is BGE M3?', all);
  expect(server.log.map(({ url }) => url)).toContain('/tiny/bge-m3/resolve/main/onnx/model.onnx');
  await server.close();
  const after = await (await createEmbedder(options)).encode('What is BGE M3?', all);
  expect(after.dense.data).toEqual(before.dense.data);
  expect(after.sparse.row(0).toTokens()).toEqual(before.sparse.row(0).toTokens());
  expect(after.colbert.row(0).data).toEqual(before.colbert.row(0).data);
});

test("an index takes M3's weights for its words, or the words themselves where that is asked for", async () => {
  const embedder = await createEmbedder({ model: 'tiny/bge-m3', modelBase: folder, dtype });
  expect((await (await createIndex({ embedder })).stats()).lexical).toBe('weights');
  expect((await (await createIndex({ embedder, lexical: 'bm25' })).stats()).lexical).toBe('bm25');
});

test('a head that is missing, and a graph that our engine does not compute, have errors of their own', async () => {
  const headless = await createEmbedder({ model: 'tiny/bge-m3-headless', modelBase: folder, dtype });
  const missing = headless.encode('text', { sparse: true });
  await expect(missing).rejects.toMatchObject({ name: 'ModelFileNotFoundError' });
  await expect(missing).rejects.toThrow('sparse_linear.safetensors: there is no such file');

  const model = 'tiny/bge-m3-headless';
  const graph = gunzipSync(readFileSync(join(root, 'e2e/models/encoders/other-relu.onnx.gz')));
  writeFileSync(join(folder, model, 'onnx/model.onnx'), graph);
  const unknown = createEmbedder({ model, modelBase: folder });
  await expect(unknown).rejects.toMatchObject({ name: 'EngineError' });
  await expect(unknown).rejects.toThrow(/Our engine cannot run file:.*model\.onnx: not this engine: /);
  writeFileSync(join(folder, model, 'onnx/model.onnx'), graph.subarray(0, 1000));
  await expect(createEmbedder({ model, modelBase: folder })).rejects.toMatchObject({ name: 'CorruptModelError' });
  const half = createEmbedder({ model, modelBase: folder, dtype: 'q4f16' });
  await expect(half).rejects.toThrow('has no q4f16 build for wasm');
});
