import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { dropper } from './drop';
import { expect, root, test } from './fixtures';
import { cosine } from './goldens';

// Folders of fine-tuned models that the user gives to the page, against the vectors of the tool that saved them.
const folder = join(root, 'e2e/models/fine-tuned');
const { instruction, queries, passages, answers } = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'));

/** Puts a place for files into the page; whatever comes there ends up in `window.given`. */
async function offer(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const files = await import(/* @vite-ignore */ `${location.origin}/dist/files.js`);
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'folder', webkitdirectory: true });
    const take = (given: unknown) => Object.assign(window, { files, given });
    input.addEventListener('change', () => take([...input.files!]));
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      take(files.droppedFiles(event.dataTransfer));
    });
    document.body.replaceChildren(input);
  });
}

/** What an embedder of the given files gives, with the name of its model. */
const encode = (page: Page, facts = {}, dtype: 'fp32' | 'q8' = 'fp32') =>
  page.evaluate(
    async ([facts, dtype, queries, passages]) => {
      const { files, given } = window as unknown as {
        files: typeof import('../src/adapters/files');
        given: Promise<import('../src/adapters/files').ModelFileEntry[]>;
      };
      return bge.outcome(
        (async () => {
          const options = await files.modelFromFiles(await given, facts);
          const embedder = await bge.createEmbedder({ ...options, device: 'wasm', dtype });
          const found = [
            ...bge.rows(await embedder.encodeQueries(queries)),
            ...bge.rows(await embedder.encodeCorpus(passages)),
          ];
          const { info } = embedder;
          embedder.dispose();
          return { found, info, stored: await bge.listModels() };
        })(),
      );
    },
    [facts, dtype, queries as string[], passages as string[]] as const,
  );

function expectVectors(found: number[][], name: string, least: number): void {
  const expected: number[][] = [...answers[name].queries, ...answers[name].passages];
  for (const [i, vector] of expected.entries()) expect(cosine(found[i]!, vector)).toBeGreaterThanOrEqual(least);
}

test('a chosen folder of FlagEmbedding runs as it is, without the network or the store', async ({ page, faults }) => {
  await offer(page);
  await page.setInputFiles('#folder', join(folder, 'flag-embedding'));
  faults.log.length = 0;
  const { value } = await encode(page, { queryInstruction: instruction });
  expectVectors(value!.found, 'flag-embedding', 0.999999);
  expect(value!.info).toMatchObject({ model: 'files/flag-embedding', engine: 'wasm', dtype: 'fp32', dim: 32 });
  expect(value!.info.revision).toMatch(/^[0-9a-f]{8}$/);
  expect(value!.info.space).toContain(`files/flag-embedding@${value!.info.revision}/`);
  expect(value!.stored).toEqual([]);
  expect(faults.log.map(({ url }) => url).filter((url) => !url.startsWith('/dist/worker.js'))).toEqual([]);
});

test('a dropped folder of sentence-transformers brings pooling and prompts; optimum’s its graph', async ({ page }) => {
  await offer(page);
  const drop = await dropper(page);
  await drop(join(folder, 'sentence-transformers'));
  const ofTransformers = await encode(page, {}, 'q8');
  expectVectors(ofTransformers.value!.found, 'sentence-transformers', 0.998); // 0.9995 where the CPU multiplies bytes
  await drop(join(folder, 'optimum'));
  const ofOptimum = await encode(page, { queryInstruction: instruction });
  expectVectors(ofOptimum.value!.found, 'optimum', 0.999999);
  expect(ofOptimum.value!.info.dtype).toBe('fp32');

  // What the folder says is not overruled by mistake.
  await drop(join(folder, 'sentence-transformers'));
  const wrong = await encode(page, { pooling: 'cls' });
  expect(wrong.error).toMatchObject({ name: 'WrongModelError', message: expect.stringContaining("says 'mean'") });
});

test('files that are missing, changed or damaged are told by name', async ({ page }) => {
  const copy = mkdtempSync(join(tmpdir(), 'bge-web-files-'));
  cpSync(join(folder, 'flag-embedding'), copy, { recursive: true });
  await offer(page);
  await page.setInputFiles('#folder', copy);
  appendFileSync(join(copy, 'model.safetensors'), 'more');
  expect((await encode(page)).error).toMatchObject({
    name: 'DownloadError',
    message: expect.stringMatching(/^model\.safetensors cannot be read: /),
  });
  rmSync(copy, { recursive: true });

  const outcomes = await page.evaluate(async () => {
    const { id: model } = bge.registerModel({ id: 'me/small', dim: 32 });
    const start = async (files: unknown) => {
      const { error } = await bge.outcome(bge.createEmbedder({ model, files: files as never, device: 'wasm' }));
      return `${error!.name}: ${error!.message}`;
    };
    const blob = new Blob(['{}']);
    return [
      await start({}),
      await start(new Map()),
      await start(new Map([['model.safetensors', blob]])),
      await start(
        new Map([
          ['tokenizer.json', blob],
          ['config.json', blob],
          ['model.safetensors', blob],
        ] as const),
      ),
    ];
  });
  expect(outcomes).toEqual([
    'InvalidInputError: Expected `files` to be a Map of Blobs by path, got an object (Object)',
    expect.stringMatching(/^ModelFileNotFoundError: .*there is no such file \(among the 0 files that were given\)$/),
    expect.stringMatching(/^ModelFileNotFoundError: .*there is no such file \(among the 1 files that were given\)$/),
    expect.stringMatching(/^CorruptTokenizerError: /),
  ]);
});

test('a folder of a reranker reranks as from a server, and does not embed', async ({ page }) => {
  const { served, given, error } = await page.evaluate(async () => {
    const { modelFromFiles } = await import(/* @vite-ignore */ `${location.origin}/dist/files.js`);
    const load = async (path: string) =>
      [`my reranker/${path}`, await (await fetch(`/models/tiny/bge-reranker-checkpoint/${path}`)).blob()] as const;
    const options = await modelFromFiles(
      await Promise.all(['tokenizer.json', 'config.json', 'model.safetensors'].map(load)),
    );
    const score = async (options: import('../src/index').RerankerOptions) => {
      const reranker = await bge.createReranker(options);
      const [logit] = await reranker.score([['what is a panda?', 'a bear']]);
      reranker.dispose();
      return { model: reranker.info.model, logit };
    };
    return {
      served: await score({ model: 'tiny/bge-reranker-checkpoint' }),
      given: await score(options),
      error: (await bge.outcome(bge.createEmbedder(options))).error,
    };
  });
  expect(given).toEqual({ model: 'files/my-reranker', logit: served.logit });
  expect(error).toMatchObject({ name: 'WrongModelError', message: expect.stringContaining('is a reranker') });
});
