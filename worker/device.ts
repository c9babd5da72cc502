import { BgeError } from '../src/shared/errors';
import type { Device, FailedChoice } from '../src/shared/protocol';

export interface DeviceChoice {
  readonly device: Device;
  /** Whether the GPU computes in float16. */
  readonly halfFloats: boolean;
  /** Why something better was not taken; null when this is the first choice. */
  readonly fallbackReason: string | null;
}

/**
 * Chooses where to run: the GPU if there is a real one, or if it is asked for by name, and it has not failed before;
 * the CPU otherwise. Throws WasmUnsupportedError or WasmBlockedError, since every engine runs in WebAssembly.
 */
export async function chooseDevice(wanted: 'auto' | Device, failed: readonly FailedChoice[]): Promise<DeviceChoice> {
  checkWebAssembly();
  const cpu = (fallbackReason: string | null): DeviceChoice => ({ device: 'wasm', halfFloats: false, fallbackReason });
  if (wanted === 'wasm') return cpu(null);
  const failure = failed.find((choice) => choice.device === 'webgpu');
  if (failure) return cpu(failure.reason);
  if (!('gpu' in navigator) || !navigator.gpu) return cpu('This browser has no WebGPU');
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return cpu('WebGPU has no adapter here');
  // A software adapter is slower than the CPU engine: it is only good for tests, which ask for it by name.
  if (wanted === 'auto' && isSoftware(adapter)) return cpu('WebGPU has only a software adapter here');
  return { device: 'webgpu', halfFloats: adapter.features.has('shader-f16'), fallbackReason: null };
}

function isSoftware(adapter: GPUAdapter): boolean {
  return (
    adapter.info?.isFallbackAdapter ||
    /swiftshader|llvmpipe|software/i.test(`${adapter.info?.architecture} ${adapter.info?.description}`)
  );
}

function checkWebAssembly(): void {
  if (typeof WebAssembly !== 'object') {
    throw new BgeError(
      'WasmUnsupportedError',
      'This browser has no WebAssembly (some privacy modes switch it off), so no model can run here',
    );
  }
  try {
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)); // the smallest module: only a policy refuses it
  } catch (cause) {
    const message = "The page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src";
    throw new BgeError('WasmBlockedError', message, { cause });
  }
}
