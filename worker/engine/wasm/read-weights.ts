import { BgeError } from '../../../src/shared/errors';
import type { EncoderWeightsFile } from '../../builds';
import { readCheckpoint } from './checkpoint';
import type { Use } from './onnx/outputs';
import { readOnnxWeights } from './onnx/read';
import type { External } from './onnx/tensor';
import { readPrepared } from './prepared-weights';
import { UnsupportedGraphError } from './unsupported';
import type { EncoderWeights } from './weights';

/**
 * Reads the encoder from its files: the main one, and what belongs to it. Throws UnsupportedGraphError where another engine may
 * run what is in them, CorruptModelError where they are damaged, WrongModelError where they are of a model for another task.
 */
export function readWeights(
  from: EncoderWeightsFile,
  [main, side]: readonly Uint8Array[],
  externals: readonly External[],
  use: Use,
): EncoderWeights {
  if (from.kind === 'prepared') return readPrepared(side!, main!, from.heads);
  try {
    if (from.kind === 'onnx') return readOnnxWeights(main!, externals, { use });
    const weights = readCheckpoint(main!, side!);
    if (use.task === 'rerank' && !weights.classifier)
      throw new BgeError('WrongModelError', 'The checkpoint has no head that gives one logit: it is of an embedder');
    return weights;
  } catch (cause) {
    if (cause instanceof BgeError || cause instanceof UnsupportedGraphError) throw cause;
    throw new BgeError('CorruptModelError', `The weights cannot be read: ${(cause as Error).message}`, { cause });
  }
}
