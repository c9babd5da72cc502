import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { expect, root, test } from './fixtures';

// Every example of the README is compiled against the package's types and run in the page, each by itself; those that
// do not import anything go on from an embedder.
const PRELUDE = `import { createEmbedder, similarity } from 'bge-web';
const embedder = await createEmbedder();
`;
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) =>
  /^import /m.test(code!) ? code! : PRELUDE + code,
);

/** What an example must print, by what its comments say. */
const expected: Record<string, readonly (string | RegExp)[]> = {
  'Where is the Eiffel Tower': ['true true'],
  encodeCorpus: ['The moon causes the tides.'],
  'a kitten on the couch': ['true'],
  'embeddings.space': ['2 384', '384', '3,512 0,1', /^BAAI\/bge-small-en-v1.5@/],
  encodeStream: ['4', '2'],
  AbortController: ['enough'],
  isBgeError: [/^Unknown model "BAAI\/bge-small-fr". Known: /],
  tokenize: [/^\[CLS\],em,##bed/],
  listModels: [/^BAAI\/bge-small-en-v1.5 \d+$/, /^\d+$/],
};

test('the examples compile', () => {
  const folder = join(root, '.tmp/readme');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [i, code] of examples.entries()) writeFileSync(join(folder, `example-${i}.ts`), `${code}\nexport {};\n`);
  const compilerOptions = {
    composite: false,
    noEmit: true,
    emitDeclarationOnly: false,
    lib: ['ES2023', 'DOM', 'DOM.AsyncIterable'],
  };
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { ...compilerOptions, paths: { 'bge-web': ['../../dist/types/index.d.ts'] } },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, include: ['*.ts'] }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'inherit' });
});

test('the examples run and print what they say', async ({ page }) => {
  expect(examples.length).toBeGreaterThanOrEqual(10);
  for (const code of examples) {
    const { code: script } = transformSync(code.replaceAll("'bge-web'", "'/readme.js'"), {
      loader: 'ts',
      format: 'esm',
    });
    const printed = await page.evaluate(async (script) => {
      const lines: string[] = [];
      const log = console.log;
      console.log = (...values) => lines.push(values.join(' '));
      try {
        await import(
          URL.createObjectURL(
            new Blob([script.replaceAll('/readme.js', `${location.origin}/readme.js`)], { type: 'text/javascript' }),
          )
        );
      } finally {
        console.log = log;
      }
      return lines;
    }, script);
    const [, lines] = Object.entries(expected).find(([mark]) => code.includes(mark)) ?? ['', []];
    for (const [i, line] of lines.entries()) {
      if (typeof line === 'string') expect(printed[i], code).toBe(line);
      else expect(printed[i], code).toMatch(line);
    }
  }
});
