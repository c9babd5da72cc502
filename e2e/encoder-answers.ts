import { readFileSync } from 'node:fs';
import { hiddenStates, logit } from '../worker/engine/wasm/reference-encoder';
import type { EncoderWeights } from '../worker/engine/wasm/weights';

// For tests: what PyTorch 2.15 answers, in float64, with the small encoders of e2e/models/encoders.

/** A text's hidden states, and its logit where the model is a reranker. */
interface Answer {
  readonly ids: number[];
  readonly states: number[][];
  readonly logit?: number;
}

export function readAnswers(): Record<string, readonly Answer[]> {
  const path = new URL('models/encoders/goldens.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).answers;
}

/** The largest difference of what the weights give, in any number of any text. */
export function farthest(weights: EncoderWeights, expected: readonly Answer[]): number {
  const differences = expected.flatMap(({ ids, states, logit: score }) => {
    const found = hiddenStates(weights, ids);
    const scores = score === undefined ? [] : [logit(weights.classifier!, found, weights.hidden) - score];
    return [...states.flat().map((value, i) => found[i]! - value), ...scores].map(Math.abs);
  });
  return Math.max(...differences);
}
