import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('.'),
  // Relative addresses: the built page works in any folder of any static host.
  base: './',
  // Holds the embedded models.
  publicDir: path('../public'),
  // The built package, as an app has it from npm.
  resolve: { alias: { 'bge-web': path('../dist/index.js') } },
  // Vite's pre-bundling would move index.js away from the worker.js beside it.
  optimizeDeps: { exclude: ['bge-web'] },
  worker: { format: 'es' },
  server: { fs: { allow: [path('..')] } },
  build: { outDir: path('../demo-dist'), emptyOutDir: true },
});
