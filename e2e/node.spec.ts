import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { compile, examplesOf } from './examples';
import { expect, root, test } from './fixtures';

// The `ts node` examples of docs/, compiled against the package's types and run by Node on what was built.
const FILES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'docs/node.md': {
    'Bees make honey': ['The moon causes the tides.'],
    toNpy: ['passages-0.npy 128', 'passages-128.npy 256', 'passages-256.npy 300'],
    isBgeError: ['true'],
    createIndex: ['tides'],
  },
  'docs/fine-tuning.md': {
    mineHardNegatives: ['4 examples'],
    registerModel: ['true'],
  },
  'docs/frameworks.md': {
    'bge-web/langchain': ['384', 'true', '{ page: 1 } true'],
    'bge-web/ai-sdk': ['true 16', "{ type: 'other', message: 'Cut to 512 tokens: values[0]' }"],
    'bge-web/chroma': ['384 384'],
    'bge-web/llamaindex': ['384'],
  },
};

for (const [file, prints] of Object.entries(FILES))
  test(`the examples of ${file} compile, run in Node, and print what they say`, () => {
    test.setTimeout(300_000);
    const examples = examplesOf(file, 'node');
    expect(examples.length).toBe(Object.keys(prints).length);
    compile(
      examples.map((code, i) => [`docs-node-${i + 1}`, code]),
      'node',
    );
    // Inside the repository, so that the package finds itself by its name.
    const folder = join(root, '.tmp/node-examples');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    symlinkSync(join(root, 'public/models'), join(folder, 'models'));
    writeTrainingData(folder);
    for (const example of examples) {
      const marks = Object.keys(prints).filter((mark) => example.includes(mark));
      expect(marks.length, `marks of ${example}`).toBe(1);
      writeFileSync(join(folder, 'example.mjs'), transformSync(example, { loader: 'ts', format: 'esm' }).code);
      const printed = execFileSync(process.execPath, ['example.mjs'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, FORCE_COLOR: '0' },
      });
      expect(printed.trimEnd().split('\n')).toEqual(prints[marks[0]!]);
    }
  });

/** What docs/fine-tuning.md begins with, and ends with: questions and passages, and a model that FlagEmbedding has trained. */
function writeTrainingData(folder: string): void {
  mkdirSync(join(folder, 'me'));
  symlinkSync(join(root, 'e2e/models/fine-tuned/flag-embedding'), join(folder, 'me/bge-small-faq'));
  const animals = ['bee', 'cat', 'dog', 'owl', 'fox', 'cow', 'hen', 'pig', 'rat', 'bat', 'ant', 'eel'];
  const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const passages = animals.map((animal) => `The ${animal} eats this.`);
  writeFileSync(join(folder, 'corpus.jsonl'), lines(passages.map((text) => ({ text }))));
  const questions = passages.slice(0, 4).map((text, i) => ({ query: `food of a ${animals[i]}`, pos: [text] }));
  writeFileSync(join(folder, 'questions.jsonl'), lines(questions));
}

test('Ctrl-C ends the building of an index, and leaves no half file', async () => {
  const folder = join(root, '.tmp/node-command');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'docs'), { recursive: true });
  for (let i = 0; i < 2000; i++) writeFileSync(join(folder, `docs/${i}.txt`), `Note ${i} is about topic ${i % 7}.`);
  const args = ['index', 'docs', '--out', 'public/index.bge', '--model-base', join(root, 'public/models')];
  const command = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: folder });
  let told = '';
  command.stderr.on('data', (data) => {
    told += data;
    if (!command.killed && /[1-9]\d* passages embedded/.test(told)) command.kill('SIGINT');
  });
  const [code] = await once(command, 'close');
  expect(code).toBe(130);
  expect(told.trimEnd().split('\n').at(-1)).toBe('bge-web: interrupted');
  expect(readdirSync(folder)).toEqual(['docs']);
});
