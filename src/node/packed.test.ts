import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Server, startServer } from '../../e2e/hub-server';
import { unpackTinyModels } from '../../e2e/tiny-models';
import type { LoadEvent } from '../shared/protocol';
import { createReranker, registerModel } from './index';

// Float weights are rounded and packed once, and kept beside the file that they are of.

const folder = mkdtempSync(join(tmpdir(), 'bge-web-packed-'));
const cacheDir = join(folder, 'cache');
const { id } = registerModel({ id: 'tiny/bge-reranker-checkpoint', task: 'rerank', maxLength: 512 });
let server: Server;

beforeAll(async () => {
  unpackTinyModels(join(folder, 'models/tiny'));
  server = await startServer({ roots: { '/': join(folder, 'models') } });
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** What a start does, and the logit of a pair. */
async function start(): Promise<{ logit: number; events: LoadEvent[] }> {
  const events: LoadEvent[] = [];
  const onProgress = (event: LoadEvent) => events.push(event);
  const reranker = await createReranker({ model: id, modelBase: server.url, cacheDir, onProgress });
  const [logit] = await reranker.score([['what is a panda?', 'a bear']]);
  reranker.dispose();
  return { logit: logit!, events };
}

/** The one folder under that of a file, or of what was made of it. */
function contentsOf(name: string): string {
  const above = join(cacheDir, id, 'main', encodeURIComponent(name));
  return join(above, readdirSync(above)[0]!);
}

const SOURCE = 'model.safetensors';
const PACKED = `${SOURCE}:packed-rerank-cls-i16-1`;
const record = (name: string) => JSON.parse(readFileSync(join(contentsOf(name), 'record.json'), 'utf8'));
const isKept = () => vi.waitFor(() => expect(record(PACKED).complete).toBe(true), 10_000);

test('the next start reads what was packed, not the file that it is of', { timeout: 60_000 }, async () => {
  const first = await start();
  await isKept();
  expect(record(PACKED).size).toBeLessThan(record(SOURCE).size / 1.5);

  const damage = (name: string) => writeFileSync(join(contentsOf(name), '0'), 'damaged');
  damage(SOURCE);
  server.answer(/./, { status: 404 });
  const second = await start();
  expect(second.logit).toBe(first.logit);
  const downloads = second.events.filter(({ phase }) => phase === 'download');
  expect(downloads.length).toBeGreaterThan(0);
  expect(downloads.every((event) => event.phase === 'download' && event.cached)).toBe(true);

  // Without both of them the file is fetched anew, and packed anew.
  damage(PACKED);
  await expect(start()).rejects.toMatchObject({ name: 'ModelFileNotFoundError' });
  server.clearFaults();
  expect((await start()).logit).toBe(first.logit);
  await vi.waitFor(() => expect(readFileSync(join(contentsOf(PACKED), '0')).length).toBeGreaterThan(1000), 10_000);
  expect((await start()).logit).toBe(first.logit);
});

test('what was packed of other contents is not used', { timeout: 60_000 }, async () => {
  const first = await start();
  await isKept();
  const file = join(contentsOf(SOURCE), 'record.json');
  writeFileSync(file, JSON.stringify({ ...record(SOURCE), sha256: '0'.repeat(64) }));
  writeFileSync(join(contentsOf(PACKED), '0'), 'damaged, and not read');
  expect((await start()).logit).toBe(first.logit);
});
