// The same kernels for browsers with relaxed SIMD: `madd` in one instruction, and the product of bytes.
export * from './index';
export { dot } from './dot';
export { multiplyRelaxed } from './multiply-relaxed';
export { packRelaxed } from './pack';
export { quantizeBytes } from './quantize-bytes';
