import { BgeError } from '../../src/shared/errors';
import type { Linear } from '../engine/engine';
import { readSafetensors } from './safetensors';
import { isTorchFile, readTorchTensors } from './torch';

/**
 * Reads the linear layer of a head from `sparse_linear.safetensors`, `colbert_linear.pt` and the like: `weight` and `bias`.
 * @param inputs the model's hidden size
 * Throws CorruptModelError.
 */
export function readLinear(file: Uint8Array, path: string, inputs: number): Linear {
  try {
    const { weight, bias } = isTorchFile(file) ? fromTorch(file) : fromSafetensors(file);
    const outputs = bias.length;
    if (outputs === 0 || weight.length !== outputs * inputs)
      throw new Error(`its weight has ${weight.length} numbers; ${outputs} × ${inputs} are expected`);
    if (!weight.every(Number.isFinite) || !bias.every(Number.isFinite))
      throw new Error('it has numbers that are not finite');
    return { inputs, outputs, weight, bias };
  } catch (cause) {
    throw new BgeError('CorruptModelError', `${path} is not a head's linear layer: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function fromSafetensors(file: Uint8Array) {
  const tensors = readSafetensors(file);
  const [weight, bias] = [tensors.get('weight'), tensors.get('bias')];
  if (!weight || !bias)
    throw new Error(`it has ${[...tensors.keys()].join(', ') || 'nothing'} in place of weight, bias`);
  return { weight: weight.floats(), bias: bias.floats() };
}

/** The weight is the larger of the two. */
function fromTorch(file: Uint8Array) {
  const tensors = readTorchTensors(file).sort((a, b) => b.length - a.length);
  const [weight, bias] = tensors;
  if (!weight || !bias || tensors.length > 2)
    throw new Error(`it has ${tensors.length} tensors in place of weight, bias`);
  return { weight, bias };
}
