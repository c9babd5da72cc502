// The real worker in a browser that cannot compile our kernels, as one without SIMD.
const compile = WebAssembly.compile;
WebAssembly.compile = async (bytes) => {
  if (bytes.byteLength < 100_000) throw new WebAssembly.CompileError('SIMD is not supported');
  return compile(bytes);
};

import '/dist/worker.js';
