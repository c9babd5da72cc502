import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** A page each, in the folder of its name; home shows a card for each that is there. */
const demos = ['search', 'notes', 'similarity', 'evaluation', 'playground'].filter((name) =>
  existsSync(path(`${name}/index.html`)),
);

export default defineConfig({
  root: path('.'),
  appType: 'mpa',
  // Relative addresses: the built pages work in any folder of any static host.
  base: './',
  define: {
    'import.meta.env.DEMOS': JSON.stringify(demos),
    // Some hosts take no file of this size: without it the page offers the smaller one alone.
    'import.meta.env.ALL_WORDS_BYTES':
      statSync(path('../public/wordnet/all.bgez'), { throwIfNoEntry: false })?.size ?? 0,
  },
  // Holds the embedded models.
  publicDir: path('../public'),
  // The built package, as an app has it from npm.
  resolve: {
    alias: [
      { find: /^bge-web$/, replacement: path('../dist/index.js') },
      { find: /^bge-web\/files$/, replacement: path('../dist/files.js') },
      { find: /^bge-web\/search$/, replacement: path('../dist/search.js') },
      { find: /^bge-web\/training$/, replacement: path('../dist/training.js') },
      { find: /^bge-web\/worker(?=\?|$)/, replacement: path('../dist/worker.js') },
    ],
  },
  // Vite's pre-bundling would move index.js away from the worker.js beside it.
  optimizeDeps: { exclude: ['bge-web', 'bge-web/files', 'bge-web/search', 'bge-web/training'] },
  worker: { format: 'es' },
  server: { fs: { allow: [path('..')] } },
  build: {
    outDir: path('../demo-dist'),
    emptyOutDir: true,
    // Notes is built by a configuration of its own.
    rolldownOptions: {
      input: ['.', ...demos.filter((name) => name !== 'notes')].map((name) => path(`${name}/index.html`)),
    },
  },
});
