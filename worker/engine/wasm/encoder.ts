import { Heap } from './heap';
import type { EncoderWeights, Norm, Product } from './weights';

/** BERT's, in all models of the family. */
const EPSILON = 1e-12;

/** A product whose weights lie in the heap, packed; numbers are addresses. */
interface PackedProduct {
  readonly inputs: number;
  readonly outputs: number;
  readonly values: number;
  readonly scales: number;
  readonly bias: number;
  readonly smooth: number;
}

interface PackedNorm {
  readonly weight: number;
  readonly bias: number;
}

interface PackedLayer {
  readonly qkv: PackedProduct;
  readonly attentionOut: PackedProduct;
  readonly attentionNorm: PackedNorm;
  readonly ffnIn: PackedProduct;
  readonly ffnOut: PackedProduct;
  readonly ffnNorm: PackedNorm;
}

/** A BERT encoder in WebAssembly: int8 weights, 12-bit activations with a scale a token, everything else in float32. */
export class Encoder {
  readonly hidden: number;
  readonly #heap: Heap;
  readonly #embed: EncoderWeights['embed'];
  readonly #heads: number;
  readonly #embeddingNorm: PackedNorm;
  readonly #layers: readonly PackedLayer[];
  readonly #widest: number;

  private constructor(heap: Heap, weights: EncoderWeights) {
    this.#heap = heap;
    this.hidden = weights.hidden;
    this.#embed = weights.embed; // not the weights themselves, which lie in the heap
    this.#heads = weights.heads;
    this.#embeddingNorm = keepNorm(heap, weights.embeddingNorm);
    this.#layers = weights.layers.map((layer) => ({
      qkv: packProduct(heap, layer.qkv),
      attentionOut: packProduct(heap, layer.attentionOut),
      attentionNorm: keepNorm(heap, layer.attentionNorm),
      ffnIn: packProduct(heap, layer.ffnIn),
      ffnOut: packProduct(heap, layer.ffnOut),
      ffnNorm: keepNorm(heap, layer.ffnNorm),
    }));
    this.#widest = Math.max(...weights.layers.map(({ ffnIn }) => ffnIn.outputs), this.hidden);
  }

  /** Packs the weights; they are not needed afterwards. Throws Error for sizes that the kernels do not take, RangeError where memory runs short. */
  static async open(weights: EncoderWeights): Promise<Encoder> {
    return new Encoder(await Heap.start(), weights);
  }

  /** The last hidden state of a text's first token: `hidden` numbers. The last layer is computed for that token only. */
  encode(ids: Int32Array): Float32Array<ArrayBuffer> {
    const { hidden } = this;
    const { kernels } = this.#heap;
    const heads = this.#heads;
    const tokens = ids.length;
    const size = hidden / heads;
    const floats = 4 * tokens;
    const { x, y, qkv, inner, quantized, scales, attention } = this.#heap.layOut({
      x: floats * hidden,
      y: floats * hidden,
      qkv: floats * 3 * hidden,
      inner: floats * this.#widest,
      quantized: 2 * (tokens + 3) * this.#widest, // tiles read four rows
      scales: floats + 12,
      attention: 4 * (size + 4) * (tokens + 7),
    });
    const quantize = (from: number, product: PackedProduct, rows: number) =>
      kernels.quantize(from, product.smooth, quantized, scales, rows, product.inputs);
    const multiply = (product: PackedProduct, to: number, rows: number, first: number, last: number) => {
      const { inputs, outputs, values, bias } = product;
      kernels.multiply(quantized, scales, values, product.scales, bias, to, rows, inputs, outputs, first, last);
    };
    const apply = (product: PackedProduct, from: number, to: number, rows: number) => {
      quantize(from, product, rows);
      multiply(product, to, rows, 0, product.outputs);
    };
    const normalize = (at: number, residual: number, norm: PackedNorm, rows: number) =>
      kernels.normalize(at, residual, norm.weight, norm.bias, rows, hidden, EPSILON);

    this.#embed(ids, this.#heap.floats(x, tokens * hidden));
    normalize(x, 0, this.#embeddingNorm, tokens);
    for (const [index, layer] of this.#layers.entries()) {
      const rows = index === this.#layers.length - 1 ? 1 : tokens;
      quantize(x, layer.qkv, tokens);
      multiply(layer.qkv, qkv, rows, 0, hidden);
      multiply(layer.qkv, qkv, tokens, hidden, 3 * hidden);
      kernels.attend(qkv, y, attention, tokens, rows, heads, size);
      apply(layer.attentionOut, y, y, rows);
      normalize(y, x, layer.attentionNorm, rows);
      apply(layer.ffnIn, y, inner, rows);
      kernels.gelu(inner, rows * layer.ffnIn.outputs);
      apply(layer.ffnOut, inner, x, rows);
      normalize(x, y, layer.ffnNorm, rows);
    }
    return this.#heap.floats(x, hidden).slice();
  }
}

function packProduct(heap: Heap, product: Product): PackedProduct {
  const { inputs, outputs, values, scales, bias, smooth } = product;
  if (inputs % 8 !== 0 || outputs % 8 !== 0) throw new Error(`a product of ${inputs} × ${outputs} is not supported`);
  const packed = heap.take(values.length);
  const { raw } = heap.layOut({ raw: values.length });
  heap.bytes(raw, values.length).set(values);
  heap.kernels.pack(raw, packed, inputs, outputs);
  return {
    inputs,
    outputs,
    values: packed,
    scales: heap.keep(scales),
    bias: heap.keep(bias),
    smooth: smooth ? heap.keep(smooth) : 0,
  };
}

function keepNorm(heap: Heap, { weight, bias }: Norm): PackedNorm {
  return { weight: heap.keep(weight), bias: heap.keep(bias) };
}
