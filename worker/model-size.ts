import { BgeError } from '../src/shared/errors';
import type { ModelBuild } from '../src/shared/models';
import type { Device, LoadConfig } from '../src/shared/protocol';

const GB = 1e9;

/** Bytes of one file: ONNX's protobuf ends there, and so do typed arrays and hashes in some browsers. */
const FILE_LIMIT = 2 ** 31 - 1;

/**
 * Bytes that one file of a model may have on a device. On the CPU the weights lie in a WebAssembly heap of 4 GB, more than once while
 * the runtime opens them.
 */
export function limitFor(device: Device): number {
  return device === 'wasm' ? 1.4 * GB : FILE_LIMIT;
}

/** The store's error with what helps: a smaller number format of the same model on the same device. */
export function tooLarge(error: BgeError, build: ModelBuild, { model }: LoadConfig, device: Device): BgeError {
  const smaller = [...new Set(model.hub.builds.map(({ dtype }) => dtype))].filter((dtype) => dtype !== build.dtype);
  const message = `${error.message} on ${device}; take dtype ${smaller.map((dtype) => `'${dtype}'`).join(' or ')}`;
  return new BgeError('ModelTooLargeError', message, { cause: error, details: { ...error.details, device } });
}
