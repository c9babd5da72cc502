import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cosine } from '../../e2e/goldens';
import { startServer } from '../../e2e/hub-server';
import { createEmbedder, type ModelDescription, registerModel } from './index';

// What FlagEmbedding and sentence-transformers save after a fine-tuning, and what optimum makes of it, against their own vectors
// of float32 (scripts/prepare-models/fine_tune_fixtures.py made all of it; versions inside).
const models = join(import.meta.dirname, '../../e2e/models');
const { instruction, queries, passages, answers } = JSON.parse(
  readFileSync(join(models, 'fine-tuned/answers.json'), 'utf8'),
);

const description: Record<string, Partial<ModelDescription>> = {
  'flag-embedding': { queryInstruction: instruction },
  optimum: { queryInstruction: instruction, graphs: { fp32: 'model.onnx' } },
  'sentence-transformers': { queryInstruction: 'query: ', pooling: 'mean' },
};

test.each([
  ['flag-embedding', 'fp32', 0.999999],
  ['flag-embedding', 'q8', 0.9995],
  ['optimum', 'fp32', 0.999999],
  ['optimum', 'q8', 0.9995],
  ['sentence-transformers', 'fp32', 0.999999],
  ['sentence-transformers', 'q8', 0.9995],
] as const)('vectors of a folder of %s in %s are those of the tool', async (name, dtype, least) => {
  const { id } = registerModel({ id: `fine-tuned/${name}`, dim: 32, maxLength: 64, ...description[name] });
  const passageInstruction = name === 'sentence-transformers' ? 'passage: ' : '';
  const embedder = await createEmbedder({ model: id, modelBase: models, dtype, passageInstruction });
  const found = [
    ...(await embedder.encodeQueries(queries)).toArray(),
    ...(await embedder.encodeCorpus(passages)).toArray(),
  ];
  const expected: number[][] = [...answers[name].queries, ...answers[name].passages];
  for (const [i, vector] of expected.entries()) expect(cosine(found[i]!, vector)).toBeGreaterThanOrEqual(least);
  embedder.dispose();
});

test('pooling that was registered otherwise than the folder says is an error', async () => {
  const { id } = registerModel({ id: 'fine-tuned/sentence-transformers', dim: 32, maxLength: 64 });
  await expect(createEmbedder({ model: id, modelBase: models })).rejects.toMatchObject({
    name: 'WrongModelError',
    message:
      "The model was registered with pooling 'cls', and its 1_Pooling/config.json says 'mean': registerModel({ pooling: 'mean' })",
  });
});

test('a server is asked for the pooling while the weights are not stored, and a wrong one is told each time', async () => {
  const server = await startServer({ roots: { '/': models } });
  const cacheDir = mkdtempSync(join(tmpdir(), 'bge-web-fine-tuned-'));
  const start = async (name: string) => {
    server.log.length = 0;
    const { id } = registerModel({ id: `fine-tuned/${name}`, dim: 32, maxLength: 64 });
    const embedder = await createEmbedder({ model: id, modelBase: server.url, cacheDir });
    embedder.dispose();
  };
  const asked = () => server.log.map(({ url, status }) => `${url.split('/').slice(3).join('/')} ${status}`);

  await start('flag-embedding');
  expect(asked()).toContain('1_Pooling/config.json 404');
  await start('flag-embedding');
  expect(asked()).toEqual([]);
  for (let time = 0; time < 2; time++) {
    await expect(start('sentence-transformers')).rejects.toMatchObject({ name: 'WrongModelError' });
    expect(asked()).toEqual(time === 0 ? ['1_Pooling/config.json 200'] : []);
  }
  await server.close();
  rmSync(cacheDir, { recursive: true });
});
