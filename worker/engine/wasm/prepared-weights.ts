import { BgeError } from '../../../src/shared/errors';
import { fromFloat16 } from '../../../src/shared/float16';
import { float16, float32, int8, type Recipe, readRecipe } from '../../weights';
import type { EncoderWeights, Layer, Norm, Product } from './weights';

/**
 * Reads the encoder from the int8 file of this project's own releases (scripts/prepare-models) by the recipe beside it.
 * Throws CorruptModelError.
 */
export function readPrepared(recipeJson: Uint8Array, source: Uint8Array, heads: number): EncoderWeights {
  try {
    return encoderOf(new Reader(readRecipe(recipeJson), source), heads);
  } catch (cause) {
    const message = `The weights cannot be read: ${(cause as Error).message}`;
    throw new BgeError('CorruptModelError', message, { cause, details: { device: 'wasm', engine: 'wasm' } });
  }
}

function encoderOf(reader: Reader, heads: number): EncoderWeights {
  const count = reader.names.filter((name) => name.endsWith('.qkv.weight')).length;
  const [, hidden = 0] = reader.dims('words');
  const positions = reader.floats('positions');
  const type = reader.floats('token_type_0');
  const layer = (index: number): Layer => ({
    qkv: reader.product(`layer.${index}.qkv`),
    attentionOut: reader.product(`layer.${index}.attention_out`),
    attentionNorm: reader.norm(`layer.${index}.attention_norm`),
    ffnIn: reader.product(`layer.${index}.ffn_in`),
    ffnOut: reader.product(`layer.${index}.ffn_out`),
    ffnNorm: reader.norm(`layer.${index}.ffn_norm`),
  });
  return {
    hidden,
    heads,
    embeddingNorm: reader.norm('embedding_norm'),
    layers: Array.from({ length: count }, (_, index) => layer(index)),
    embed: embedderOf(hidden, positions, type, reader.words('words')),
  };
}

/** A function of its own, so that what it closes over does not keep the whole file in memory. */
function embedderOf(
  hidden: number,
  positions: Float32Array,
  type: Float32Array,
  addWord: (id: number, row: Float32Array) => void,
): EncoderWeights['embed'] {
  return (ids, out) => {
    for (const [token, id] of ids.entries()) {
      const row = out.subarray(token * hidden, (token + 1) * hidden);
      for (let d = 0; d < hidden; d++) row[d] = positions[token * hidden + d]! + type[d]!;
      addWord(id, row);
    }
  };
}

class Reader {
  readonly #tensors: ReadonlyMap<string, Recipe['tensors'][number]>;
  readonly #source: Uint8Array;

  constructor(recipe: Recipe, source: Uint8Array) {
    this.#tensors = new Map(recipe.tensors.map((tensor) => [tensor.name, tensor]));
    this.#source = source;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  dims(name: string): readonly number[] {
    return this.#tensor(name).dims;
  }

  floats(name: string): Float32Array {
    const { from, dims } = this.#tensor(name);
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (from.kind === 'float32') return float32(this.#source, from.data, size);
    if (from.kind === 'float16') return float16(this.#source, from.data, size);
    throw new Error(`${name} is ${from.kind}`);
  }

  norm(name: string): Norm {
    return { weight: this.floats(`${name}.weight`), bias: this.floats(`${name}.bias`) };
  }

  product(name: string): Product {
    const { from, dims } = this.#tensor(`${name}.weight`);
    const [inputs = 0, outputs = 0] = dims;
    if (from.kind !== 'int8-per-column') throw new Error(`${name} is ${from.kind}`);
    return {
      inputs,
      outputs,
      values: int8(this.#source, from.data, inputs * outputs),
      scales: float32(this.#source, from.scale, outputs),
      bias: this.floats(`${name}.bias`),
      smooth: from.rowScale === undefined ? null : float32(this.#source, from.rowScale, inputs),
    };
  }

  /** Adds a word's vector to a row. The table stays as it is, one scale a block, in a copy of its own. */
  words(name: string): (id: number, row: Float32Array) => void {
    const { from, dims } = this.#tensor(name);
    const [rows = 0, hidden = 0] = dims;
    if (from.kind !== 'int8-per-block' || from.scaleType !== 'float16') throw new Error(`${name} is ${from.kind}`);
    const { block } = from;
    const values = int8(this.#source, from.data, rows * hidden).slice();
    const blocks = hidden / block;
    const scales = new Uint16Array(this.#source.slice(from.scale, from.scale + rows * blocks * 2).buffer);
    return (id, row) => {
      for (let b = 0; b < blocks; b++) {
        const scale = fromFloat16(scales[id * blocks + b]!);
        for (let d = b * block; d < (b + 1) * block; d++) row[d]! += values[id * hidden + d]! * scale;
      }
    };
  }

  #tensor(name: string): Recipe['tensors'][number] {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`there is no ${name}`);
    return tensor;
  }
}
