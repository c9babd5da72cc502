import { expect, test } from 'vitest';
import type { IndexEmbedder } from './models';
import { indexConfig, searchConfig } from './options';

const embedder = (heads?: string[]): IndexEmbedder => {
  const unused = () => Promise.reject(new Error('not asked'));
  const info = { space: 'toy/model@1/fp32/8', dim: 8, maxLength: 512, ...(heads && { heads }) };
  return { info, encodeCorpus: unused, encodeQueries: unused, tokenize: unused };
};

test('diversity is a number from 0 to 1', () => {
  expect(searchConfig({}, false).diversity).toBe(0);
  expect(searchConfig({ diversity: 1 }, false).diversity).toBe(1);
  for (const diversity of [-0.1, 1.1, Number.NaN, '0.5' as never])
    expect(() => searchConfig({ diversity }, false)).toThrow('Expected `diversity` to be a number from 0 to 1, got');
});

test('weights need an embedder that has them', () => {
  expect(indexConfig({ embedder: embedder() })).toMatchObject({ lexical: null, hasWeights: false });
  expect(indexConfig({ embedder: embedder(['sparse']) })).toMatchObject({ lexical: null, hasWeights: true });
  expect(indexConfig({ embedder: embedder(['sparse']), lexical: 'bm25' })).toMatchObject({ lexical: 'bm25' });
  expect(() => indexConfig({ embedder: embedder(['colbert']), lexical: 'weights' })).toThrow(
    "Expected `lexical` to be 'bm25' where the embedder has no sparse head, got weights",
  );
  expect(() => indexConfig({ embedder: embedder(), lexical: 'words' as never })).toThrow('Expected `lexical`');
});
