import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { transformSync } from 'esbuild';
import { root } from './fixtures';

type Place = 'page' | 'node';

/** The `ts` examples of a Markdown file, for a page, or its `ts node` ones, in order. */
export function examplesOf(file: string, place: Place = 'page'): string[] {
  const fence = place === 'node' ? /```ts node\n(.*?)```/gs : /```ts\n(.*?)```/gs;
  return Array.from(readFileSync(join(root, file), 'utf8').matchAll(fence), ([, code]) => code!);
}

/** The Markdown files of README.md and docs/ that have examples for a page. */
export function filesWithExamples(): string[] {
  const files = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
  return ['README.md', ...files.map((file) => `docs/${file}`)].filter((file) => examplesOf(file).length > 0);
}

/** Compiles examples by their names, each by itself, against the package's types. The compiler says what is wrong, and this throws. */
export function compile(examples: readonly (readonly [name: string, code: string])[], place: Place = 'page'): void {
  const folder = join(root, `.tmp/examples-${place}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of examples) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
  const compilerOptions = {
    composite: false,
    noEmit: true,
    emitDeclarationOnly: false,
    lib: ['ES2023', 'DOM', 'DOM.AsyncIterable'],
    types: place === 'node' ? ['node'] : [],
    paths: {
      'bge-web': ['../../dist/types/index.d.ts'],
      'bge-web/node': ['../../dist/types/node/index.d.ts'],
      'bge-web/search': ['../../dist/types/search/index.d.ts'],
      'bge-web/training': ['../../dist/types/training/index.d.ts'],
      'bge-web/*': ['../../dist/types/adapters/*.d.ts'],
    },
  };
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'inherit' });
}

/** Runs an example in the page, with the package as e2e/pages/readme.js gives it, and ends its workers. Gives what it printed. */
export function run(page: Page, example: string): Promise<string[]> {
  const { code } = transformSync(example, { loader: 'ts', format: 'esm' });
  return page.evaluate(async (code) => {
    const bgeWeb = `${location.origin}/readme.js`;
    const bgeSearch = `${location.origin}/readme-search.js`;
    const served = code
      .replaceAll('"bge-web"', `"${bgeWeb}"`)
      .replaceAll('"bge-web/search"', `"${bgeSearch}"`)
      .replaceAll('"bge-web/semantic-embedder"', `"${location.origin}/dist/semantic-embedder.js"`)
      .replaceAll('"bge-web/files"', `"${location.origin}/dist/files.js"`)
      .replaceAll('"bge-web/training"', `"${location.origin}/dist/training.js"`);
    const script = new Blob([served], { type: 'text/javascript' });
    const lines: string[] = [];
    const log = console.log;
    console.log = (...values) => lines.push(values.join(' '));
    try {
      await import(URL.createObjectURL(script));
    } finally {
      console.log = log;
      (await import(bgeWeb)).end();
    }
    return lines;
  }, code);
}
