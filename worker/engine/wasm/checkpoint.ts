import { type NamedTensor, readSafetensors } from '../../heads/safetensors';
import { transpose } from './transpose';
import { UnsupportedGraphError } from './unsupported';
import type { Classifier, EncoderWeights, Layer, Norm, Product } from './weights';

/** What of config.json says how the weights are used; transformers leaves out what is usual. */
interface Config {
  readonly model_type?: string;
  readonly num_attention_heads?: number;
  readonly num_hidden_layers?: number;
  readonly layer_norm_eps?: number;
  readonly hidden_act?: string;
  readonly pad_token_id?: number | null;
  readonly position_embedding_type?: string;
  readonly is_decoder?: boolean;
  readonly architectures?: readonly string[] | null;
}

const WORDS = 'embeddings.word_embeddings.weight';

/**
 * Reads an encoder from a checkpoint of the Hugging Face hub: `model.safetensors` in float32, float16 or bfloat16, and the
 * `config.json` beside it, of model type bert, roberta or xlm-roberta. Throws UnsupportedGraphError for any other model, and an
 * Error that says what is wrong with a damaged file. Weights are read when they are asked for; until then they stay in the file.
 */
export function readCheckpoint(safetensors: Uint8Array, configJson: Uint8Array): EncoderWeights {
  const config = readConfig(configJson);
  const checkpoint = new Checkpoint(readSafetensors(safetensors));
  const { prefix } = checkpoint;
  const heads = config.num_attention_heads ?? 12;
  const layers = config.num_hidden_layers ?? 12;
  const [rows = 0, hidden = 0] = checkpoint.shape(prefix + WORDS);
  if (hidden % heads !== 0) throw new Error(`${heads} heads do not divide ${hidden} columns`);
  const layer = (index: number): Layer => {
    const name = (part: string) => `${prefix}encoder.layer.${index}.${part}`;
    const { linear, norm } = checkpoint;
    return {
      qkv: [
        linear(name('attention.self.query'), 1 / Math.sqrt(hidden / heads)),
        linear(name('attention.self.key')),
        linear(name('attention.self.value')),
      ],
      attentionOut: linear(name('attention.output.dense')),
      attentionNorm: norm(name('attention.output.LayerNorm')),
      ffnIn: linear(name('intermediate.dense')),
      ffnOut: linear(name('output.dense')),
      ffnNorm: norm(name('output.LayerNorm')),
    };
  };
  return {
    hidden,
    heads,
    epsilon: config.layer_norm_eps ?? 1e-12,
    words: { kind: 'float32', rows, columns: hidden, values: checkpoint.floats(prefix + WORDS, rows, hidden) },
    ...readPositions(checkpoint, config, hidden),
    embeddingNorm: checkpoint.norm(`${prefix}embeddings.LayerNorm`),
    layers,
    layer,
    classifier: readClassifier(checkpoint, config),
  };
}

function readConfig(json: Uint8Array): Config {
  let config: Config;
  try {
    config = JSON.parse(new TextDecoder().decode(json));
  } catch (cause) {
    throw new Error(`config.json cannot be read: ${(cause as Error).message}`, { cause });
  }
  const type = config.model_type ?? 'none';
  if (!['bert', 'roberta', 'xlm-roberta'].includes(type)) throw new UnsupportedGraphError(`its model type is ${type}`);
  const activation = config.hidden_act ?? 'gelu';
  if (activation !== 'gelu') throw new UnsupportedGraphError(`its activation is ${activation}, not GELU with erf`);
  const positions = config.position_embedding_type ?? 'absolute';
  if (positions !== 'absolute') throw new UnsupportedGraphError(`its positions are ${positions}`);
  if (config.is_decoder) throw new UnsupportedGraphError('it is a decoder');
  return config;
}

/** RoBERTa counts the tokens that are no padding, from the place after padding's own on. */
function readPositions(
  checkpoint: Checkpoint,
  config: Config,
  hidden: number,
): Pick<EncoderWeights, 'positions' | 'padding'> {
  const name = (part: string) => `${checkpoint.prefix}embeddings.${part}_embeddings.weight`;
  const read = (part: string) => checkpoint.floats(name(part), checkpoint.shape(name(part))[0] ?? 0, hidden);
  const [sums, type] = [read('position').slice(), read('token_type')];
  for (let i = 0; i < sums.length; i++) sums[i]! += type[i % hidden]!;
  if (config.model_type === 'bert') return { positions: sums };
  const id = config.pad_token_id ?? 1;
  const start = (id + 1) * hidden;
  return { positions: sums.subarray(start), padding: { id, position: sums.subarray(start - hidden, start) } };
}

/** Null for embedders and for several labels. */
function readClassifier(checkpoint: Checkpoint, { architectures, model_type }: Config): Classifier | null {
  if (!architectures?.some((name) => name.endsWith('ForSequenceClassification'))) return null;
  if (model_type === 'bert')
    throw new UnsupportedGraphError('its classifier tells two texts apart by their token types');
  if (checkpoint.shape('classifier.out_proj.weight')[0] !== 1) return null;
  return { dense: checkpoint.linear('classifier.dense'), out: checkpoint.linear('classifier.out_proj') };
}

class Checkpoint {
  /** What a model with a head puts before the encoder's names. */
  readonly prefix: string;
  readonly #tensors: ReadonlyMap<string, NamedTensor>;

  constructor(tensors: ReadonlyMap<string, NamedTensor>) {
    const words = [...tensors.keys()].find((name) => name.endsWith(WORDS));
    if (words === undefined) throw new Error(`there is no ${WORDS}`);
    this.prefix = words.slice(0, -WORDS.length);
    this.#tensors = tensors;
  }

  shape(name: string): readonly number[] {
    return this.#tensor(name).shape;
  }

  floats(name: string, ...shape: readonly number[]): Float32Array {
    const tensor = this.#tensor(name);
    const values = tensor.floats();
    if (tensor.shape.join() !== shape.join() || values.length !== shape.reduce((product, size) => product * size, 1))
      throw new Error(`${name} is ${tensor.shape.join(' × ')}, not ${shape.join(' × ')}`);
    return values;
  }

  readonly norm = (name: string): Norm => {
    const size = this.shape(`${name}.weight`)[0] ?? 0;
    return { weight: this.floats(`${name}.weight`, size), bias: this.floats(`${name}.bias`, size) };
  };

  /** PyTorch's linear layers are outputs × inputs. */
  readonly linear = (name: string, factor = 1): Product => {
    const [outputs = 0, inputs = 0] = this.shape(`${name}.weight`);
    const values = transpose(this.floats(`${name}.weight`, outputs, inputs), outputs, inputs);
    const bias = this.floats(`${name}.bias`, outputs).slice();
    if (factor !== 1) for (const array of [values, bias]) for (let i = 0; i < array.length; i++) array[i]! *= factor;
    return { matrix: { kind: 'float32', inputs, outputs, values }, bias, smooth: null };
  };

  #tensor(name: string): NamedTensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`there is no ${name}`);
    return tensor;
  }
}
