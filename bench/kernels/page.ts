// What bench/kernels.mjs asks of the engine's kernels, in a page; bundled by bench/site.mjs.
export { measureProducts } from './products';
export { measureSplit } from './split';
