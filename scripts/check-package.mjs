// Checks the package as users get it: publint and are-the-types-wrong on the packed tarball, the size budgets, what must
// not be inside, that it can be imported on a server, and that it encodes in Node.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE_BUDGET = 12 * 1024;
const WHOLE_BUDGET = 80 * 1024;
const ADAPTER_BUDGET = 4 * 1024;
const NODE_BUDGET = 204 * 1024;
const run = (/** @type {string} */ file, /** @type {string[]} */ args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', file), ...args], { cwd: root, stdio: 'inherit' });

const folder = mkdtempSync(join(tmpdir(), 'bge-web-pack-'));
let failed = 0;
/** @param {string} what @param {() => void} check */
function expectThat(what, check) {
  try {
    check();
    console.log(`  ✓ ${what}`);
  } catch (error) {
    failed++;
    console.log(`  ✗ ${what}: ${error instanceof Error ? error.message : error}`);
  }
}
/** @param {boolean} holds @param {string} message */
function assert(holds, message) {
  if (!holds) throw new Error(message);
}

try {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ filename, size, files }] = JSON.parse(packed);
  console.log(`${filename}: ${(size / 1e6).toFixed(1)} MB, ${files.length} files`);
  const tarball = join(folder, filename);

  expectThat('publint has nothing to say', () => run('publint/src/cli.js', [tarball, '--strict']));
  expectThat('the types resolve', () => run('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'esm-only']));

  const page = readFileSync(join(root, 'dist/index.js'));
  const worker = readFileSync(join(root, 'dist/worker.js'));
  const pageSize = gzipSync(page).length;
  const workerSize = gzipSync(worker).length;
  const nodePart = readFileSync(join(root, 'dist/node.js')).toString();
  const nodeSize = gzipSync(nodePart).length;
  console.log(`  page ${pageSize} bytes, worker ${workerSize} bytes, Node ${nodeSize} bytes (gzip)`);
  expectThat(`the page's part is at most ${PAGE_BUDGET} bytes (gzip)`, () =>
    assert(pageSize <= PAGE_BUDGET, `${pageSize}`),
  );
  expectThat(`our JavaScript is at most ${WHOLE_BUDGET} bytes (gzip)`, () =>
    assert(pageSize + workerSize <= WHOLE_BUDGET, `${pageSize + workerSize}`),
  );
  expectThat(`Node's part is at most ${NODE_BUDGET} bytes (gzip)`, () =>
    assert(nodeSize <= NODE_BUDGET, `${nodeSize}`),
  );
  expectThat("Node's part needs nothing but Node", () => {
    const imports = Array.from(nodePart.matchAll(/^import .*? from "(.*?)";$/gm), ([, name]) => name);
    assert(imports.length > 0 && imports.every((name) => name?.startsWith('node:')), imports.join());
    assert(!/(?<!async )\bimport\(|\brequire\(/.test(nodePart), 'it imports something later');
    assert(
      !nodePart.includes('onnxruntime-web/') && !nodePart.includes('indexedDB'),
      "what is the browser's is inside",
    );
  });
  expectThat('the worker is one file, the page needs only it', () => {
    for (const code of [page, worker])
      assert(!/\bfrom\s*["']|\bimport\s*["']/.test(code.toString()), 'it imports something');
  });
  expectThat('the search is two files of its own', () => {
    for (const file of ['search.js', 'search-worker.js']) {
      const code = readFileSync(join(root, 'dist', file));
      console.log(`  ${file} ${gzipSync(code).length} bytes (gzip)`);
      assert(!/\bfrom\s*["']|\bimport\s*["']/.test(code.toString()), `${file} imports something`);
    }
  });
  expectThat('training is one file, for pages and Node', () => {
    const code = readFileSync(join(root, 'dist/training.js'));
    console.log(`  training.js ${gzipSync(code).length} bytes (gzip)`);
    assert(!/\bfrom\s*["']|\bimport\s*["']/.test(code.toString()), 'it imports something');
  });
  expectThat('an adapter has neither its framework nor a second copy of the page inside', () => {
    /** @type {Record<string, string>} */
    const may = {
      'ai-sdk': '^$',
      chroma: '^$',
      langchain: '^@langchain/core/',
      llamaindex: '^@llamaindex/core/',
      react: '^(react|\\./index\\.js|\\./search\\.js)$',
      'semantic-embedder': '^\\./index\\.js$',
      files: '^\\./index\\.js$',
    };
    for (const [name, pattern] of Object.entries(may)) {
      const code = readFileSync(join(root, 'dist', `${name}.js`));
      const bytes = gzipSync(code).length;
      console.log(`  ${name}.js ${bytes} bytes (gzip)`);
      const imports = Array.from(code.toString().matchAll(/\bfrom\s*"([^"]*)"/g), ([, from]) => from ?? '');
      assert(
        imports.every((from) => new RegExp(pattern).test(from)),
        `${name}.js imports ${imports.join()}`,
      );
      assert(bytes <= ADAPTER_BUDGET, `${name}.js has ${bytes} bytes`);
    }
  });
  expectThat('no transformers.js, no model and one runtime only are inside', () => {
    const paths = files.map((/** @type {{ path: string }} */ file) => file.path);
    assert(
      !/huggingface\/transformers|@huggingface\/transformers/.test(page.toString() + worker.toString()),
      'transformers.js',
    );
    assert(!paths.some((/** @type {string} */ path) => path.endsWith('.onnx')), 'a model');
    assert(
      paths.filter((/** @type {string} */ path) => path.endsWith('.wasm')).length === 3,
      'not three builds of the runtime',
    );
  });
  expectThat('it can be imported on a server', () => {
    for (const [file, name] of [
      ['bge-web', 'createEmbedder'],
      ['bge-web/search', 'createIndex'],
      ['bge-web/node', 'createIndex'],
      ['bge-web/training', 'evaluate'],
    ]) {
      const code = `const module = await import('${file}'); if (typeof module.${name} !== 'function') throw new Error('no ${name}')`;
      execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: root });
    }
  });
  expectThat('installed, it encodes in Node, and then the process ends by itself', () => {
    const installed = join(folder, 'node_modules/bge-web');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
    const code = `
      import { createEmbedder, similarity } from 'bge-web/node';
      const embedder = await createEmbedder({ modelBase: ${JSON.stringify(join(root, 'public/models'))} });
      const query = await embedder.encodeQueries('why does the sea rise and fall?');
      const passages = await embedder.encodeCorpus(['The moon causes the tides.', 'Bees make honey.']);
      const [scores] = similarity(query, passages);
      console.log(embedder.info.engine, passages.dim, scores[0] > scores[1] + 0.1);
      setTimeout(() => process.exit(1), 2000).unref(); // comes only if something else keeps the process
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert(printed === 'wasm 384 true\n', printed);
  });
  expectThat('installed, its types need no DOM in Node, and pass without skipLibCheck', () => {
    const code = `
      import { evaluate } from 'bge-web/training';
      import { createEmbedder, createIndex } from 'bge-web/node';
      const index = await createIndex({ embedder: await createEmbedder({ modelBase: 'models' }), lexical: 'bm25' });
      const [hit] = await index.search('tides');
      export const title: string | undefined = hit?.document.title;
      export const metrics: typeof evaluate = evaluate;
    `;
    writeFileSync(join(folder, 'types.mts'), code);
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022'];
    const types = ['--ignoreConfig', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    run('typescript/bin/tsc', [...options, ...types, join(folder, 'types.mts')]);
  });
  expectThat('installed, its command builds an index, which Node opens', () => {
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'docs/tides.md'), '# Tides\n\nThe moon causes them.');
    const { bin } = JSON.parse(readFileSync(join(folder, 'node_modules/bge-web/package.json'), 'utf8'));
    const cli = join(folder, 'node_modules/bge-web', bin['bge-web']);
    const args = ['index', 'docs', '--out', 'index.bge', '--model-base', join(root, 'public/models')];
    execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const code = `
      import { openAsBlob } from 'node:fs';
      import { createEmbedder, createIndex } from 'bge-web/node';
      const embedder = await createEmbedder({ modelBase: ${JSON.stringify(join(root, 'public/models'))} });
      const index = await createIndex({ embedder });
      await index.import(await openAsBlob('index.bge'));
      const [hit] = await index.search('why does the sea rise and fall?');
      console.log(hit.id, hit.document.title);
      setTimeout(() => process.exit(1), 2000).unref(); // comes only if something else keeps the process
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert(printed === 'tides.md Tides\n', printed);
  });
} finally {
  rmSync(folder, { recursive: true });
}
if (failed > 0) process.exit(1);
