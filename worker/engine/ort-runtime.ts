import type { InferenceSession } from 'onnxruntime-web';
import { BgeError } from '../../src/shared/errors';
import type { Device, LoadConfig } from '../../src/shared/protocol';

export type Ort = typeof import('onnxruntime-web');

/** The smallest ONNX graph, y = x: opening it starts the runtime. */
const IDENTITY = 'CAgSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQEQ==';

/**
 * Loads and starts onnxruntime-web for a device. It needs no model, so it can go on while the model is read: some 0.3 s
 * of fetching, compiling and finding the GPU. `wasmBase` is the folder of its files, null for `ort/` beside the worker.
 * Rejects with EngineError.
 */
export async function startOrt(device: Device, wasmBase: string | null, threads: LoadConfig['threads']): Promise<Ort> {
  const ort = await importRuntime(device, wasmBase, threads);
  try {
    const session = await openSmallGraph(ort, IDENTITY, device);
    await session.release();
  } catch (cause) {
    const message = `The runtime could not be started on ${device}: ${cause instanceof Error ? cause.message : cause}`;
    throw new BgeError('EngineError', message, { cause, details: { device } });
  }
  return ort;
}

/** Opens one of the ONNX graphs that lie in this code, as base64. */
export function openSmallGraph(ort: Ort, base64: string, device: Device): Promise<InferenceSession> {
  const graph = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return ort.InferenceSession.create(graph, { executionProviders: [{ name: device }], logSeverityLevel: 3 });
}

/**
 * Loads the build of the runtime that the device needs: the plain one for the CPU, so that nobody downloads a GPU
 * runtime for nothing; for the GPU the JSPI one, which is smaller and warms up sooner, where the browser can run it.
 * The file names stay literal here: bundlers find and copy the files by them.
 */
async function importRuntime(device: Device, wasmBase: string | null, threads: LoadConfig['threads']): Promise<Ort> {
  const files =
    device === 'wasm'
      ? {
          js: new URL('./ort/ort.wasm.bundle.min.mjs', import.meta.url),
          wasm: new URL('./ort/ort-wasm-simd-threaded.wasm', import.meta.url),
        }
      : 'Suspending' in WebAssembly
        ? {
            js: new URL('./ort/ort.jspi.bundle.min.mjs', import.meta.url),
            wasm: new URL('./ort/ort-wasm-simd-threaded.jspi.wasm', import.meta.url),
          }
        : {
            js: new URL('./ort/ort.webgpu.bundle.min.mjs', import.meta.url),
            wasm: new URL('./ort/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url),
          };
  const at = (file: URL) => (wasmBase === null ? file.href : new URL(file.pathname.split('/').pop()!, wasmBase).href);
  let ort: Ort;
  try {
    ort = await import(/* @vite-ignore */ /* webpackIgnore: true */ at(files.js));
  } catch (cause) {
    const message = `The runtime could not be loaded from ${at(files.js)}; if its files lie elsewhere, say where by \`wasmBase\``;
    throw new BgeError('EngineError', message, { cause, details: { device } });
  }
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmPaths = { wasm: at(files.wasm) };
  // Threads need shared memory, which only cross-origin isolated pages have; past four they gain little on small models.
  ort.env.wasm.numThreads = crossOriginIsolated
    ? threads === 'auto'
      ? Math.min(4, navigator.hardwareConcurrency)
      : threads
    : 1;
  return ort;
}
