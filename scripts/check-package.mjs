// Checks the package as users get it: publint and are-the-types-wrong on the packed tarball, the size budget, what must
// not be inside, and that it can be imported on a server.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE_BUDGET = 12 * 1024;
const WHOLE_BUDGET = 80 * 1024;
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
  console.log(`  page ${pageSize} bytes, worker ${workerSize} bytes (gzip)`);
  expectThat(`the page's part is at most ${PAGE_BUDGET} bytes (gzip)`, () =>
    assert(pageSize <= PAGE_BUDGET, `${pageSize}`),
  );
  expectThat(`our JavaScript is at most ${WHOLE_BUDGET} bytes (gzip)`, () =>
    assert(pageSize + workerSize <= WHOLE_BUDGET, `${pageSize + workerSize}`),
  );
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
    ]) {
      const code = `const module = await import('${file}'); if (typeof module.${name} !== 'function') throw new Error('no ${name}')`;
      execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: root });
    }
  });
} finally {
  rmSync(folder, { recursive: true });
}
if (failed > 0) process.exit(1);
