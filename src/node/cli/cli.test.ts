import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fullTextOf } from '../../../search/collection';
import { readIndexFile } from '../../../search/store/file';
import { decodeSegment } from '../../../search/store/segment';
import { createEmbedder, createIndex, type Embedder } from '../index';
import { run } from './run';
import { titleOf } from './title';

const models = join(import.meta.dirname, '../../../public/models');
const root = mkdtempSync(join(tmpdir(), 'bge-web-cli-'));
let embedder: Embedder;
let folder: string;
let out: string;
beforeAll(async () => {
  embedder = await createEmbedder({ modelBase: models });
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'docs-'));
  out = join(mkdtempSync(join(root, 'out-')), 'public/index.bge');
});
afterAll(() => rmSync(root, { recursive: true }));

function put(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
}

const SITE = {
  'guide/bees.md': '# Keeping bees\n\nKeep the hive dry.\n\n## Honey\n\nBees make honey from nectar.',
  'tides.html': '<html><head><title>The &amp; tides</title></head><body><p>The moon causes them.</p></body></html>',
  'E-4711.txt': 'The pump stops.',
  '.hidden/secret.md': 'hidden',
  'node_modules/x/readme.md': 'of a package',
  'image.png': 'no text',
};

/** Runs `bge-web` with these arguments on the test's folder or file. */
async function cli(args: readonly string[], interruptAt?: RegExp) {
  const [printed, told]: [string[], string[]] = [[], []];
  const interrupted = new AbortController();
  const tell = (line: string) => {
    told.push(line);
    if (interruptAt?.test(line)) interrupted.abort(new Error('interrupted'));
  };
  const terminal = { print: (line: string) => printed.push(line), tell, signal: interrupted.signal };
  const code = await run(args, terminal);
  return { code, printed: printed.join('\n'), told };
}
const build = (...more: string[]) => cli(['index', folder, '--out', out, '--model-base', models, ...more]);

async function opened(file = out) {
  const index = await createIndex({ embedder });
  await index.import(new Blob([readFileSync(file)]));
  return index;
}

/** What of each passage was embedded. */
async function embeddedTexts(): Promise<string[]> {
  const { manifest, segments } = await readIndexFile(new Uint8Array(readFileSync(out)));
  const entries = segments.flatMap((bytes) => decodeSegment(bytes, manifest.dim).documents);
  return entries.flatMap((entry) => entry.passages.map((passage) => fullTextOf(entry, passage)));
}

/** What a build from nothing gives. */
async function fresh(...more: string[]): Promise<Buffer> {
  const other = join(mkdtempSync(join(root, 'fresh-')), 'index.bge');
  await cli(['index', folder, '--out', other, '--model-base', models, ...more]);
  return readFileSync(other);
}

describe('a folder', () => {
  test('becomes an index: ids are paths, titles are found, hidden folders and packages left out', async () => {
    put(SITE);
    const { code, printed } = await build();
    expect(code).toBe(0);
    expect(printed).toMatch(/index\.bge: 3 documents, 4 passages \(4 embedded\), [\d,]+ bytes, \d+\.\d s$/);
    const index = await opened();
    const documents = await index.get(['E-4711.txt', 'guide/bees.md', 'tides.html']);
    expect(documents.map((document) => [document!.title, document!.format])).toEqual([
      ['E-4711', 'text'],
      ['Keeping bees', 'markdown'],
      ['The & tides', 'html'],
    ]);
    expect(await embeddedTexts()).toEqual([
      'E-4711\nThe pump stops.',
      'Keeping bees\nKeep the hive dry.', // the title and the first heading are one
      'Keeping bees > Honey\nBees make honey from nectar.',
      'The & tides\nThe moon causes them.',
    ]);
    const [hit] = await index.search('why does the sea rise and fall?');
    expect(hit).toMatchObject({ id: 'tides.html', passage: { text: 'The moon causes them.' } });
    expect(readdirSync(dirname(out))).toEqual(['index.bge']);
  });

  test('gives the same bytes again, and after changes those of a fresh build, for which only what is new is embedded', async () => {
    put(SITE);
    await build();
    const first = readFileSync(out);
    const again = await build();
    expect(again.printed).toContain('(0 embedded)');
    expect(readFileSync(out).equals(first)).toBe(true);
    put({
      'a first.md': 'Owls hunt at night.',
      'guide/bees.md': `${SITE['guide/bees.md']}\n\n## Wax\n\nIt is sold too.`,
    });
    rmSync(join(folder, 'E-4711.txt'));
    const { printed } = await build();
    expect(printed).toContain('3 documents, 5 passages (2 embedded)');
    expect(readFileSync(out).equals(await fresh())).toBe(true);
    expect(await (await opened()).stats()).toMatchObject({ documents: 3, passages: 5, removed: 0 });
  });

  test('is built anew with other options: passages of other lengths, exact vectors', async () => {
    put({ 'long.txt': 'A day like any other passed in the village by the lake. '.repeat(20) });
    await build();
    const shorter = await build('--passage-tokens', '32');
    expect(shorter.code).toBe(0);
    expect(readFileSync(out).equals(await fresh('--passage-tokens', '32'))).toBe(true);
    const exact = await build('--vectors', 'float32', '--passage-tokens', '32');
    expect(exact.told.join()).toContain('is built anew: its vectors are of float16');
    expect(exact.printed).not.toContain('(0 embedded)');
    expect(readFileSync(out).equals(await fresh('--vectors', 'float32', '--passage-tokens', '32'))).toBe(true);
    const rounded = await build('--passage-tokens', '32');
    expect(rounded.printed).toContain('(0 embedded)');
    expect(readFileSync(out).equals(await fresh('--passage-tokens', '32'))).toBe(true);
  });

  test('of patterns: those files only, of any kind', async () => {
    put({ ...SITE, 'guide/notes.rst': 'Dig compost in.' });
    await build('--include', 'guide/**', '--include', '*.TXT');
    expect(
      (await (await opened()).get(['guide/notes.rst', 'guide/bees.md', 'E-4711.txt', 'tides.html'])).map(Boolean),
    ).toEqual([true, true, true, false]);
  });
});

test('a file of lines of JSON becomes an index, with all fields', async () => {
  put({
    'docs.jsonl': '{"id":"a","text":"Owls hunt at night.","tags":["birds"]}\n\n{"id":"b","text":"Salt melts ice."}\n',
  });
  folder = join(folder, 'docs.jsonl');
  expect((await build()).printed).toContain('2 documents, 2 passages (2 embedded)');
  expect(await (await opened()).get(['a'])).toEqual([{ id: 'a', text: 'Owls hunt at night.', tags: ['birds'] }]);
});

describe('what is there already', () => {
  test('is left as it is if it is no index', async () => {
    put({ ...SITE, 'index.bge': 'my notes' });
    out = join(folder, 'index.bge');
    expect(await build()).toMatchObject({
      code: 1,
      told: expect.arrayContaining([expect.stringContaining('is no index')]),
    });
    expect(readFileSync(out, 'utf8')).toBe('my notes');
  });

  test('is built anew if it is damaged, or of another embedding space', async () => {
    put(SITE);
    await build();
    const good = readFileSync(out);
    writeFileSync(out, good.subarray(0, good.length - 10));
    const { code, told } = await build();
    expect(told.join()).toContain('is built anew: The index cannot be read: the file is cut');
    expect(code).toBe(0);
    expect(readFileSync(out).equals(good)).toBe(true);
    const other = await build('--model', 'BAAI/bge-small-zh-v1.5');
    expect(other.told.join()).toContain('is built anew: it is of the embedding space BAAI/bge-small-en-v1.5@');
    expect(other.printed).toContain('(4 embedded)');
  });

  test('stays when the work is interrupted, with nothing beside it', async () => {
    put(SITE);
    await build();
    const before = readFileSync(out);
    put({ 'many.txt': Array.from({ length: 300 }, (_, i) => `Paragraph ${i} is about topic ${i % 7}.`).join('\n\n') });
    const args = ['index', folder, '--out', out, '--model-base', models, '--passage-tokens', '16'];
    const { code, told } = await cli(args, /125 passages embedded/);
    expect(told.slice(-2)).toEqual(['0 of 4 documents, 125 passages embedded', 'bge-web: interrupted']);
    expect(code).toBe(130);
    expect(readFileSync(out).equals(before)).toBe(true);
    expect(readdirSync(dirname(out))).toEqual(['index.bge']);
  });
});

describe('what is wrong is told in one line', () => {
  const wrong = async (args: readonly string[]) => {
    const { code, told, printed } = await cli(args);
    expect([code, printed]).toEqual([1, '']);
    return told.at(-1);
  };

  test('arguments', async () => {
    put({ 'a.md': 'text', 'b.txt': Uint8Array.of(0x66, 0xfc, 0x72), 'empty/c.png': '' });
    const of = (...args: string[]) => wrong(['index', folder, '--out', out, '--model-base', models, ...args]);
    expect(await wrong(['indx', folder])).toBe('bge-web: there is no command "indx"; see bge-web --help');
    expect(await wrong(['index'])).toBe('bge-web: give one folder, or one .jsonl file; see bge-web --help');
    expect(await wrong(['index', folder])).toContain('say where the index goes, by --out');
    expect(await of('--outt', 'x')).toBe("bge-web: Unknown option '--outt'; see bge-web --help");
    expect(await of('--model')).toBe("bge-web: Option '--model <value>' argument missing; see bge-web --help");
    expect(await of('--dtype', '--help')).toBe("bge-web: Option '--dtype' argument is ambiguous; see bge-web --help");
    expect(await of('another')).toContain('give one folder');
    expect(await wrong(['index', join(folder, 'no'), '--out', out])).toBe(`bge-web: there is no ${join(folder, 'no')}`);
    expect(await wrong(['index', join(folder, 'a.md'), '--out', out])).toContain('neither a folder nor a .jsonl file');
    expect(await wrong(['index', join(folder, 'empty'), '--out', out])).toContain('has no documents');
    expect(await of()).toBe(`bge-web: ${join(folder, 'b.txt')} is no text in UTF-8`);
    const md = ['--include', '*.md'];
    expect(await of(...md, '--model', 'no/model')).toContain('Unknown model "no/model"');
    expect(await of(...md, '--model-base', join(folder, 'nowhere'))).toContain('there is no such file');
    expect(await of(...md, '--passage-tokens', 'many')).toContain('Expected `passageTokens` to be an integer');
    expect(await of(...md, '--vectors', 'int4')).toContain('Expected `vectors`');
    expect(await of(...md, '--dtype', 'int4')).toContain('Expected `dtype`');
    expect(await wrong(['index', folder, ...md, '--out', folder, '--model-base', models])).toContain('is a folder');
  });

  test.each([
    ['{"id":"a","text":"x"}\n{id: 1}', 'docs.jsonl:2 is not JSON'],
    ['[]', 'docs.jsonl:1 has no "id" that is a string'],
    ['null', 'docs.jsonl:1 has no "id" that is a string'],
    ['{"id":"a"}', 'docs.jsonl:1 has no "text" that is a string'],
    ['{"id":"a","text":"x","date":"today"}', 'Expected `documents[0].date` to be a finite number'],
    ['\n', 'has no documents'],
  ])('lines: %s', async (lines, message) => {
    put({ 'docs.jsonl': lines });
    expect(await wrong(['index', join(folder, 'docs.jsonl'), '--out', out, '--model-base', models])).toContain(message);
  });

  test('no arguments: the help', async () => {
    expect(await cli(['--help'])).toMatchObject({ code: 0, printed: expect.stringContaining('Usage: bge-web index') });
    expect(await cli([])).toMatchObject({ code: 1, printed: expect.stringContaining('Usage: bge-web index') });
  });
});

test.each([
  ['markdown', '---\ntitle: "Of front matter"\ntags: [x]\n---\n\n# Heading', 'Of front matter'],
  ['markdown', 'Before.\n\n```\n# no heading\n```\n\n## The *first*\n\nText.', 'The first'],
  ['markdown', 'Setext\n======\n\nText.', 'Setext'],
  ['markdown', 'title: of no front matter', null],
  ['html', '<title>\n One &eacute; \n</title><svg><title>icon</title></svg><h1>Two</h1><p>x', 'One é'],
  ['html', '<body><svg><title>icon</title></svg><h1>Two <b>words</b></h1><p>x</p>', 'Two words'],
  ['html', '<p>nothing', null],
  ['text', '# no heading', null],
] as const)('the title of %s %j is %j', async (format, text, title) => {
  expect(await titleOf(text, format)).toBe(title);
});
