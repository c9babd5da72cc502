// AssemblyScript, not TypeScript: compiled to WebAssembly by scripts/build.mjs. All arguments are addresses in the
// imported memory, sizes in elements; matrices are row-major.
export { scanBits } from './bits';
export { scanFloats } from './floats';
export { scanBytes } from './bytes';
export { nearPairs } from './pairs';
