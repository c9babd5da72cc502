import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { compile, examplesOf } from './examples';
import { expect, root, test } from './fixtures';

// The `ts node` examples of docs/, compiled against the package's types and run by Node on what was built.
const PRINTS: Readonly<Record<string, readonly string[]>> = {
  'Bees make honey': ['The moon causes the tides.'],
  toNpy: ['passages-0.npy 128', 'passages-128.npy 256', 'passages-256.npy 300'],
  isBgeError: ['true'],
  createIndex: ['tides'],
};

const examples = examplesOf('docs/node.md', 'node');

test('the examples of docs/node.md compile, run in Node, and print what they say', () => {
  expect(examplesOf('docs/node.md')).toEqual([]);
  expect(examples.length).toBe(Object.keys(PRINTS).length);
  compile(
    examples.map((code, i) => [`docs-node-${i + 1}`, code]),
    'node',
  );
  // Inside the repository, so that the package finds itself by its name.
  const folder = join(root, '.tmp/node-examples');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(root, 'public/models'), join(folder, 'models'));
  for (const example of examples) {
    const marks = Object.keys(PRINTS).filter((mark) => example.includes(mark));
    expect(marks.length, `marks of ${example}`).toBe(1);
    writeFileSync(join(folder, 'example.mjs'), transformSync(example, { loader: 'ts', format: 'esm' }).code);
    const printed = execFileSync(process.execPath, ['example.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    expect(printed.trimEnd().split('\n')).toEqual(PRINTS[marks[0]!]);
  }
});

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
