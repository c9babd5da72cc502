import { BgeError } from '../src/shared/errors';
import type { ModelSpec } from '../src/shared/models';
import type { EngineInfo, TextPair } from '../src/shared/protocol';
import stored from './references.json';

/** What FlagEmbedding's float32 model gives for some texts, without instruction; scripts/prepare-models writes the file. */
const references: Readonly<Record<string, readonly { readonly text: string; readonly vector: string }[]>> = stored;

/**
 * The lowest cosine to a reference vector that may be: some way below what was measured for the number format, far above
 * what a broken engine gives (0.93 for one wrong attention kernel). On the CPU q8 also means the published files, whose
 * weights have one scale a tensor.
 */
function boundFor({ dtype, device }: EngineInfo): number {
  if (dtype === 'q4f16') return 0.9;
  if (dtype === 'q8') return device === 'wasm' ? 0.975 : 0.995;
  return 0.999;
}

/** Texts for models without reference vectors: they only show that numbers come out and that different texts differ. */
const PROBES = ['A cat sat on the mat.', 'The parliament passed the budget for the coming year after a long debate.'];

/** What to encode, as passages without instruction, and how to judge the normalised vectors. */
export interface SelfCheck {
  readonly texts: readonly string[];
  /** Gives the lowest cosine, or null without references. Throws SelfCheckError. */
  judge(vectors: readonly Float32Array[], engine: EngineInfo): number | null;
}

/** The check that a freshly opened engine must pass before anyone gets a vector from it: GPU results can be wrong without any error. */
export function selfCheckFor({ id, builtIn }: ModelSpec): SelfCheck {
  const known = builtIn && references[id];
  if (!known) return { texts: PROBES, judge: judgeProbes };
  return {
    texts: known.map((reference) => reference.text),
    judge: (vectors, engine) => {
      const cosines = vectors.map((vector, i) => cosine(vector, decode(known[i]!.vector)));
      const lowest = Math.min(...cosines);
      const bound = boundFor(engine);
      if (lowest >= bound) return lowest;
      throw failure(engine, `cosine ${lowest.toFixed(5)} to the reference, at least ${bound} expected`);
    },
  };
}

function judgeProbes(vectors: readonly Float32Array[], engine: EngineInfo): null {
  const likeness = cosine(vectors[0]!, vectors[1]!);
  if (likeness < 0.9999) return null;
  throw failure(engine, 'the same vector for different texts, or nothing but zeros');
}

/**
 * The logits that FlagEmbedding's examples give of these two pairs (examples/inference/reranker/README.md and issue 108),
 * in float32 or float16. Number formats move them; what they must keep is most of the distance.
 */
const PANDAS: readonly TextPair[] = [
  ['what is panda?', 'hi'],
  [
    'what is panda?',
    'The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply panda, is a bear species endemic to China.',
  ],
];
const pandaLogits: Readonly<Record<string, readonly [number, number]>> = {
  'BAAI/bge-reranker-base': [-8.1544, 6.1821],
  'BAAI/bge-reranker-large': [-5.6055, 5.7618],
  'BAAI/bge-reranker-v2-m3': [-8.1875, 5.2617],
};

/** The same for rerankers: `judge` throws SelfCheckError. Of an unknown one it must only tell a good passage from none. */
export function rerankCheckFor({ id, builtIn }: ModelSpec): {
  readonly pairs: readonly TextPair[];
  judge(logits: Float32Array, engine: EngineInfo): void;
} {
  return {
    pairs: PANDAS,
    judge([unlike, like], engine) {
      const distance = like! - unlike!;
      const known = builtIn && pandaLogits[id];
      if (known && distance < (known[1] - known[0]) / 2)
        throw failure(engine, `its logits are ${unlike} and ${like}; ${known.join(' and ')} are expected`);
      if (distance === 0) throw failure(engine, `the same logit for different pairs, ${like}`);
    },
  };
}

function failure({ device, dtype, engine }: EngineInfo, what: string): BgeError {
  const message = `The model on ${device} (${dtype}, ${engine}) failed its self-check: ${what}`;
  const details = engine === 'wasm' ? { device, engine } : { device };
  return new BgeError('SelfCheckError', message, { details });
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let d = 0; d < a.length; d++) {
    dot += a[d]! * b[d]!;
    aa += a[d]! ** 2;
    bb += b[d]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

/** A reference vector as stored, to a cosine of 0.9998: base64 of int8, 127 being the largest component. */
function decode(stored: string): Float32Array {
  const bytes = Uint8Array.from(atob(stored), (char) => char.charCodeAt(0));
  return Float32Array.from(new Int8Array(bytes.buffer));
}
