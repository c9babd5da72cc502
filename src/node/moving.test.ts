import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';
import { expect, test } from 'vitest';
import { cosine } from '../../e2e/goldens';
import { createEmbedder } from './index';

// What docs/moving.md says of the vectors of others: of transformers.js, run here, and of sentence-transformers and LangChain,
// as e2e/goldens/moving/make.py stored them.
const root = join(import.meta.dirname, '../..');
const modelBase = join(root, 'public/models');
const guide = readFileSync(join(root, 'docs/moving.md'), 'utf8');

interface Vectors {
  readonly query: number[];
  readonly passages: number[][];
}
const goldens: {
  readonly query: string;
  readonly passages: string[];
  readonly sentenceTransformers: Vectors & { readonly similarity: number[] };
  readonly langChain: Vectors & { readonly queryInstruction: string };
} = JSON.parse(readFileSync(join(root, 'e2e/goldens/moving/moving.json'), 'utf8'));

test('sentence-transformers', async () => {
  const embedder = await createEmbedder({ modelBase });
  const { query, passages, similarity } = goldens.sentenceTransformers;
  const ours = [...(await embedder.encodeQueries(goldens.query)).row(0)];
  const rows = (await embedder.encodeCorpus(goldens.passages)).toArray();
  const cosines = [cosine(ours, query), ...rows.map((row, i) => cosine(row, passages[i]!))];
  console.log('sentence-transformers:', cosines.map((value) => value.toFixed(5)).join(' '));
  expect(Math.min(...cosines)).toBeGreaterThan(0.9995);
  for (const [i, row] of rows.entries()) expect(Math.abs(cosine(ours, row) - similarity[i]!)).toBeLessThan(0.01);
});

test('LangChain, by the instruction that the guide shows', async () => {
  const { queryInstruction, query, passages } = goldens.langChain;
  expect(guide).toContain(`queryInstruction: '${queryInstruction}'`);
  const embedder = await createEmbedder({ modelBase, queryInstruction });
  const ours = [...(await embedder.encodeQueries(goldens.query.replaceAll('\n', ' '))).row(0)];
  const rows = (await embedder.encodeCorpus(goldens.passages)).toArray();
  expect(Math.min(cosine(ours, query), ...rows.map((row, i) => cosine(row, passages[i]!)))).toBeGreaterThan(0.9995);
  expect([...(await embedder.encodeQueries(goldens.query)).row(0)]).toEqual(ours); // line breaks
  const other = (await (await createEmbedder({ modelBase })).encodeQueries(goldens.query)).row(0);
  expect(cosine([...other], query)).toBeCloseTo(0.99, 3);
});

test('transformers.js, called as the guide shows it', async () => {
  env.allowRemoteModels = false;
  env.localModelPath = modelBase;
  const example = /```js\nimport \{ pipeline \} from '@huggingface\/transformers';\n(.*?)```/s.exec(guide)![1]!;
  const call = (code: string): Promise<{ query: { data: Float32Array }; passages: { data: Float32Array } }> =>
    new Function('pipeline', `return (async () => { ${code}\nreturn { query, passages }; })()`)(pipeline);
  const rowsOf = async (code: string) => {
    const { query, passages } = await call(code);
    return [query.data, passages.data.subarray(0, 384), passages.data.subarray(384)];
  };
  const embedder = await createEmbedder({ modelBase });
  const texts = Array.from(example.matchAll(/'([^']{10,}[.?])'/g), ([, text]) => text!);
  expect(texts.length).toBe(3);
  const ours = [
    (await embedder.encodeQueries(texts[0]!)).row(0),
    ...(await Promise.all(texts.slice(1).map(async (text) => (await embedder.encodeCorpus(text)).row(0)))),
  ];
  const cosines = async (code: string) => (await rowsOf(code)).map((row, i) => cosine([...row], [...ours[i]!]));
  const cls = await cosines(example);
  const mean = await cosines(example.replaceAll("'cls'", "'mean'"));
  console.log('transformers.js, cls:', cls.map((value) => value.toFixed(4)).join(' '));
  console.log('transformers.js, mean:', mean.map((value) => value.toFixed(4)).join(' '));
  expect(Math.min(...cls)).toBeGreaterThan(0.996);
  expect(Math.max(...mean)).toBeLessThan(0.97);
});
