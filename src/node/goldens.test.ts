import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cosine, goldensOf, mean } from '../../e2e/goldens';
import { createEmbedder, similarity } from './index';

const modelBase = join(import.meta.dirname, '../../public/models');
const KINDS = { encode: 'plain', encodeQueries: 'query', encodeCorpus: 'passage' } as const;

// Bounds as for the CPU in e2e/goldens.spec.ts.
const MODELS = [
  { model: 'BAAI/bge-small-en-v1.5', bound: { mean: 0.998, worst: 0.996 } },
  { model: 'BAAI/bge-small-zh-v1.5', bound: { mean: 0.998, worst: 0.995 } },
];

describe.each(MODELS)('$model', ({ model, bound }) => {
  const goldens = goldensOf(model.split('/')[1]!);

  test("gives the reference's ids and vectors", { timeout: 120_000 }, async () => {
    const embedder = await createEmbedder({ model, modelBase });
    expect(embedder.info).toMatchObject({ model, engine: 'wasm', device: 'wasm', threads: 1, fallbackReason: null });
    expect(embedder.info.selfCheck).toBeGreaterThan(0.98);
    const cosines: number[] = [];
    for (const { kind, text, input_ids, truncated, token_count, embedding } of goldens.cases) {
      const [tokens] = await embedder.tokenize(text, { kind: KINDS[kind] });
      const embeddings = await embedder[kind](text);
      expect([...tokens!.ids], text).toEqual(input_ids);
      expect([...embeddings.truncated, ...embeddings.tokenCounts], text).toEqual([truncated ? 1 : 0, token_count]);
      cosines.push(cosine(embedding, [...embeddings.row(0)]));
    }
    expect(cosines.length).toBe(44);
    console.log(`${model} in Node: cosine mean ${mean(cosines).toFixed(5)}, worst ${Math.min(...cosines).toFixed(5)}`);
    expect(mean(cosines)).toBeGreaterThanOrEqual(bound.mean);
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(bound.worst);
  });

  test('follows normalize, truncateDim and maxLength as the reference does', { timeout: 120_000 }, async () => {
    for (const { kind, text, options, embedding } of goldens.optionCases) {
      const embedder = await createEmbedder({ model, modelBase, selfCheck: false, ...options });
      const row = [...(await embedder[kind](text)).data];
      embedder.dispose();
      expect(cosine(embedding, row), JSON.stringify(options)).toBeGreaterThan(bound.worst);
      const ratio = Math.hypot(...row) / Math.hypot(...embedding);
      expect(Math.abs(ratio - 1)).toBeLessThan(options.normalize ? 1e-5 : 0.05);
    }
  });
});

test('similarity gives the matrix of the reference', async () => {
  const { queries, passages, scores } = goldensOf('bge-small-en-v1.5').similarity;
  const embedder = await createEmbedder({ modelBase });
  const found = similarity(await embedder.encodeQueries(queries), await embedder.encode(passages));
  for (const [q, row] of scores.entries())
    for (const [p, score] of row.entries()) expect(Math.abs(found[q]![p]! - score)).toBeLessThan(0.02);
});
