import { UnsupportedGraphError } from '../unsupported';
import type { Model, Node } from './model';
import type { Tensor } from './tensor';

/** Operators that change a value's format at most. */
const TRANSPARENT = new Set(['Cast', 'Identity', 'Dropout']);

/** What a mask may be made of. Anything else could tell the places apart: a causal mask, a bias by distance. */
const MASK_OPERATORS = new Set(
  'Add And Cast Concat Constant ConstantOfShape Div Equal Expand Flatten Gather GatherND Greater GreaterOrEqual Identity Less LessOrEqual Max Min Mul Neg Not Or Range ReduceSum Reshape Slice Squeeze Sub Tile Transpose Unsqueeze Where'.split(
    ' ',
  ),
);

/** Of two values these see which one is farther on; of a value and a constant they do not. */
const COMPARISONS = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Sub']);

/** Weights as a file keeps them: number = (value − zeroPoint) · scale. */
export interface Stored {
  readonly tensor: Tensor;
  /** True if it is used with its two axes exchanged. */
  readonly transposed: boolean;
  readonly quantization: Quantization | null;
}

export interface Quantization {
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | null;
  /** Of the tensor, before it is transposed. */
  readonly axis: number;
}

/** Questions to a graph of operators. Values are called by their names. */
export class Graph {
  readonly model: Model;
  readonly #producers = new Map<string, Node>();
  readonly #masks = new Map<string, boolean>();

  /** Throws Error if the operators are not in an order in which they can be computed. */
  constructor(model: Model) {
    this.model = model;
    const early = new Set<string>();
    for (const node of model.nodes) {
      for (const input of node.inputs) if (!this.#producers.has(input)) early.add(input);
      for (const output of node.outputs) {
        if (output !== '' && early.has(output)) throw new Error(`${output} is used before it is made`);
        this.#producers.set(output, node);
      }
    }
  }

  /** The value that this one is in another number format, or itself. */
  origin(value: string): string {
    const node = this.#producers.get(value);
    return node && TRANSPARENT.has(node.opType) ? this.origin(node.inputs[0]!) : value;
  }

  /** The operator that makes a value; undefined for inputs and weights. */
  node(value: string | undefined): Node | undefined {
    return value === undefined ? undefined : this.#producers.get(this.origin(value));
  }

  /** The same, if it is one of these operators. */
  made(value: string | undefined, ...opTypes: string[]): Node | undefined {
    const node = this.node(value);
    return node && opTypes.includes(node.opType) ? node : undefined;
  }

  /** True for what the caller gives to each run. */
  isInput(value: string): boolean {
    return this.model.inputs.includes(value) && !this.model.tensors.has(value);
  }

  /** The values that are added up to this one, down to those where to stop. */
  terms(value: string, stop: ReadonlySet<string>): string[] {
    const at = this.origin(value);
    const add = stop.has(at) ? undefined : this.made(at, 'Add');
    return add ? add.inputs.flatMap((input) => this.terms(input, stop)) : [at];
  }

  /** The tensor that a value always is. */
  tensor(value: string | undefined): Tensor | null {
    if (!value) return null;
    const at = this.origin(value);
    return this.model.tensors.get(at) ?? this.made(at, 'Constant')?.attributes.get('value')?.tensor ?? null;
  }

  /** The weights that a value always is, also transposed or made of integers. */
  constant(value: string | undefined): Stored | null {
    const tensor = this.tensor(value);
    if (tensor) return { tensor, transposed: false, quantization: null };
    const transpose = this.made(value, 'Transpose');
    if (transpose) {
      const stored = this.constant(transpose.inputs[0]);
      const flips = stored?.tensor.dims.length === 2 && transpose.attributes.get('perm')?.numbers.join() !== '0,1';
      return stored && flips ? { ...stored, transposed: !stored.transposed } : null;
    }
    const dequantize = this.made(value, 'DequantizeLinear');
    const stored = dequantize && this.constant(dequantize.inputs[0]);
    return stored ? this.dequantized(stored, dequantize) : null;
  }

  /** Weights of integers with the scale and zero point of a DequantizeLinear. */
  dequantized(stored: Stored, { inputs, attributes }: Node): Stored {
    const [, scale, zeroPoint] = inputs;
    const axis = attributes.get('axis')?.numbers[0] ?? 1;
    if ((attributes.get('block_size')?.numbers[0] ?? 0) !== 0)
      throw new UnsupportedGraphError('its weights have a scale a block');
    return {
      ...stored,
      quantization: this.quantization(scale, zeroPoint, axis < 0 ? axis + stored.tensor.dims.length : axis),
    };
  }

  quantization(scale: string | undefined, zeroPoint: string | undefined, axis: number): Quantization {
    const found = this.tensor(scale);
    if (!found || (zeroPoint && !this.tensor(zeroPoint)))
      throw new UnsupportedGraphError(`the scale of weights, ${scale}, is no constant`);
    return { scale: found, zeroPoint: this.tensor(zeroPoint), axis };
  }

  /** The one number that a value always is. */
  number(value: string | undefined): number | null {
    const [only = null, ...more] = this.numbers(value) ?? [];
    return more.length === 0 ? only : null;
  }

  /** The numbers of a small value, those that depend on the inputs as null; null if nothing is known. Enough for shapes and scales. */
  numbers(value: string | undefined): (number | null)[] | null {
    const tensor = this.tensor(value);
    if (tensor) return tensor.size <= 16 ? tensor.numbers() : null;
    const node = this.node(value);
    if (!node) return null;
    const [first, second] = node.inputs;
    switch (node.opType) {
      case 'Constant':
        return ['value_float', 'value_int', 'value_floats', 'value_ints'].flatMap(
          (name) => node.attributes.get(name)?.numbers ?? [],
        );
      case 'Unsqueeze':
      case 'Squeeze':
      case 'Reshape':
        return this.numbers(first);
      case 'Shape': {
        const shape = this.shape(first!);
        const [start, end] = ['start', 'end'].map((name) => node.attributes.get(name)?.numbers[0]);
        return shape?.slice(start, end) ?? null;
      }
      case 'Gather': {
        const [from, indices] = [this.numbers(first), this.numbers(second)];
        return indices?.map((index) => (index === null ? null : (from?.at(index) ?? null))) ?? null;
      }
      case 'Slice': {
        const from = this.numbers(first);
        const [start, end] = [this.number(second), this.number(node.inputs[2])];
        return from && start !== null && end !== null ? from.slice(start, end) : null;
      }
      case 'Concat': {
        const parts = node.inputs.map((input) => this.numbers(input));
        return parts.flatMap((part) => part ?? [null]);
      }
      case 'Sqrt':
        return this.numbers(first)?.map((number) => number && Math.sqrt(number)) ?? null;
      case 'Mul':
      case 'Div': {
        const [a, b] = [this.number(first), this.number(second)];
        return a === null || b === null ? null : [node.opType === 'Mul' ? a * b : a / b];
      }
      default:
        return null;
    }
  }

  /** The shape of a value as far as it is written in the graph. */
  shape(value: string): (number | null)[] | null {
    const tensor = this.tensor(value);
    if (tensor) return [...tensor.dims];
    const node = this.node(value);
    if (node?.opType === 'Reshape')
      return this.numbers(node.inputs[1])?.map((size) => (size && size > 0 ? size : null)) ?? null;
    if (node?.opType === 'Transpose') {
      const shape = this.shape(node.inputs[0]!);
      return shape && (node.attributes.get('perm')?.numbers.map((axis) => shape[axis] ?? null) ?? null);
    }
    if (node?.opType === 'Mul' || node?.opType === 'Div') return this.shape(node.inputs[0]!);
    return null;
  }

  /** True for what can only say which tokens are padding: made of the inputs and of small constants, by operators that treat all places alike. */
  isMask(value: string): boolean {
    const known = this.#masks.get(value);
    if (known !== undefined) return known;
    this.#masks.set(value, false);
    const mask = this.#looksLikeMask(value);
    this.#masks.set(value, mask);
    return mask;
  }

  #looksLikeMask(value: string): boolean {
    if (value === '') return true;
    const tensor = this.tensor(value);
    if (tensor) return tensor.size === 1 || (tensor.size <= 16 && !tensor.format.startsWith('float'));
    const node = this.#producers.get(value);
    if (!node) return this.isInput(value);
    if (node.opType === 'Shape') return true;
    if (node.opType === 'EmbedLayerNormalization') return value === node.outputs[1]; // how many tokens each row has
    if (!MASK_OPERATORS.has(node.opType)) return false;
    if (COMPARISONS.has(node.opType) && !node.inputs.some((input) => this.number(input) !== null)) return false;
    return node.inputs.every((input) => this.isMask(input));
  }
}
