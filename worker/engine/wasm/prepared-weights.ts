import { BgeError } from '../../../src/shared/errors';
import { float16, float32, int8, type Recipe, readRecipe } from '../../weights';
import type { EncoderWeights, Norm, Product, Table } from './weights';

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
  const [, hidden = 0] = reader.dims('words');
  const positions = reader.floats('positions');
  const type = reader.floats('token_type_0');
  for (let at = 0; at < positions.length; at++) positions[at]! += type[at % hidden]!;
  return {
    hidden,
    heads,
    epsilon: 1e-12, // BERT's
    words: reader.words('words'),
    positions,
    embeddingNorm: reader.norm('embedding_norm'),
    layers: reader.names.filter((name) => name.endsWith('.qkv.weight')).length,
    layer: (index) => ({
      qkv: [reader.product(`layer.${index}.qkv`)],
      attentionOut: reader.product(`layer.${index}.attention_out`),
      attentionNorm: reader.norm(`layer.${index}.attention_norm`),
      ffnIn: reader.product(`layer.${index}.ffn_in`),
      ffnOut: reader.product(`layer.${index}.ffn_out`),
      ffnNorm: reader.norm(`layer.${index}.ffn_norm`),
    }),
    classifier: null,
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
    const values = int8(this.#source, from.data, inputs * outputs);
    const scales = float32(this.#source, from.scale, outputs);
    return {
      matrix: { kind: 'int8', inputs, outputs, values, scales, zeroPoints: null },
      bias: this.floats(`${name}.bias`),
      smooth: from.rowScale === undefined ? null : float32(this.#source, from.rowScale, inputs),
    };
  }

  words(name: string): Table {
    const { from, dims } = this.#tensor(name);
    const [rows = 0, columns = 0] = dims;
    if (from.kind !== 'int8-per-block' || from.scaleType !== 'float16') throw new Error(`${name} is ${from.kind}`);
    const { block, data, scale } = from;
    const values = int8(this.#source, data, rows * columns);
    const scales = float16(this.#source, scale, (rows * columns) / block);
    return { kind: 'int8', rows, columns, values, zeroPoint: 0, block, scales };
  }

  #tensor(name: string): Recipe['tensors'][number] {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`there is no ${name}`);
    return tensor;
  }
}
