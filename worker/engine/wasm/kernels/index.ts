// AssemblyScript, not TypeScript: compiled to WebAssembly by scripts/build-kernels.mjs. All arguments are addresses in the
// imported memory, sizes in elements; matrices are row-major.
export { attend } from './attention';
export { attendWords } from './attention-words';
export { gelu } from './gelu';
export { multiply } from './multiply';
export { multiplyFloats, packFloats } from './multiply-floats';
export { normalize } from './normalize';
export { pack } from './pack';
export { quantize } from './quantize';
