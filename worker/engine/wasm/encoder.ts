import { Heap } from './heap';
import { type PackedEncoder, type PackedNorm, pack } from './packed';
import { type Arithmetic, arithmeticOf, type PackedProduct, type Precision, quantizedRoom } from './products';
import { addWords } from './table';
import type { EncoderWeights } from './weights';

/** A BERT encoder in WebAssembly: products as `precision` says, everything else in float32. */
export class Encoder {
  readonly packed: PackedEncoder;
  readonly heap: Heap;
  readonly #arithmetic: Arithmetic;
  readonly #widest: number;

  private constructor(heap: Heap, arithmetic: Arithmetic, packed: PackedEncoder) {
    this.heap = heap;
    this.packed = packed;
    this.#arithmetic = arithmetic;
    this.#widest = Math.max(...packed.layers.map(({ ffnIn }) => ffnIn.columns), packed.hidden);
  }

  /** Packs the weights. Throws Error for sizes that the kernels do not take, RangeError where memory runs short. */
  static async open(weights: EncoderWeights, precision: Precision): Promise<Encoder> {
    const heap = await Heap.start();
    const arithmetic = arithmeticOf(precision, heap);
    return new Encoder(heap, arithmetic, pack(heap, arithmetic, precision, weights));
  }

  /** The encoder whose heap was copied. */
  static async from(packed: PackedEncoder, kept: Uint8Array): Promise<Encoder> {
    const heap = await Heap.start();
    heap.adopt(kept);
    return new Encoder(heap, arithmeticOf(packed.precision, heap), packed);
  }

  /**
   * The last hidden states: of every token, or of each text's first token only, which saves most of the last layer. A text's numbers
   * do not depend on the texts beside it. A view that is valid until the heap is used again. Throws Error for ids or lengths that the model does not have.
   */
  encode(ids: Int32Array, lengths: readonly number[], which: 'all' | 'first'): Float32Array<ArrayBuffer> {
    const { hidden, heads, epsilon, layers, embeddingNorm } = this.packed;
    const { heap } = this;
    const { kernels } = heap;
    const tokens = ids.length;
    const texts = lengths.length;
    const size = hidden / heads;
    const floats = 4 * tokens;
    const row = 4 * hidden;
    const { x, y, qkv, firstQueries, inner, attention, ...quantized } = heap.layOut({
      x: floats * hidden,
      y: floats * hidden,
      qkv: 3 * tokens * row,
      firstQueries: 3 * texts * row,
      inner: floats * this.#widest,
      attention: 4 * (2 * size + 4) * (Math.max(...lengths) + 7),
      ...quantizedRoom(tokens, this.#widest),
    });
    const { quantize, multiply } = this.#arithmetic;
    const apply = (product: PackedProduct, from: number, to: number, rows: number) => {
      quantize(from, product, rows, quantized);
      multiply(from, quantized, product, to, rows, { first: 0, last: product.columns });
    };
    const normalize = (at: number, residual: number, norm: PackedNorm, rows: number) =>
      kernels.normalize(at, residual, norm.weight, norm.bias, rows, hidden, epsilon);
    /** Of all tokens, or (`first`) of the first token of each text, whose queries lie in a block of their own. */
    const attend = (queries: number, first: boolean) => {
      let text = 0;
      let token = 0;
      for (const length of lengths) {
        const keys = qkv + 3 * token * row + row;
        const at = first ? text : token;
        const [q, out, count] = [queries + 3 * at * row, inner + at * row, first ? 1 : length];
        this.#arithmetic.attend(q, 3 * row, keys, keys + row, 3 * row, out, attention, length, count, heads, size);
        text++;
        token += length;
      }
    };

    this.#embed(ids, lengths, x);
    normalize(x, 0, embeddingNorm, tokens);
    for (const [index, layer] of layers.entries()) {
      const onlyFirst = which === 'first' && index === layers.length - 1;
      const rows = onlyFirst ? texts : tokens;
      quantize(x, layer.qkv, tokens, quantized);
      multiply(x, quantized, layer.qkv, qkv, tokens, { first: onlyFirst ? hidden : 0, last: 3 * hidden });
      if (onlyFirst) {
        this.#gatherFirst(x, lengths);
        quantize(x, layer.qkv, rows, quantized);
        multiply(x, quantized, layer.qkv, firstQueries, rows, { first: 0, last: hidden });
      }
      attend(onlyFirst ? firstQueries : qkv, onlyFirst);
      apply(layer.attentionOut, inner, y, rows);
      normalize(y, x, layer.attentionNorm, rows);
      apply(layer.ffnIn, y, inner, rows);
      kernels.gelu(inner, rows * layer.ffnIn.columns);
      apply(layer.ffnOut, inner, x, rows);
      normalize(x, y, layer.ffnNorm, rows);
    }
    return heap.floats(x, (which === 'first' ? texts : tokens) * hidden);
  }

  /** The sum of each token's word and position vectors. */
  #embed(ids: Int32Array, lengths: readonly number[], to: number): void {
    const { hidden, positions, longest, padding, words } = this.packed;
    const placeOf = (place: number) => this.heap.floats(positions + 4 * place * hidden, hidden);
    const out = this.heap.floats(to, ids.length * hidden);
    let token = 0;
    for (const length of lengths) {
      if (length > longest) throw new Error(`a text has ${length} tokens, the model has places for ${longest}`);
      let place = 0;
      for (const end = token + length; token < end; token++) {
        const isPadding = ids[token] === padding?.id;
        out.set(isPadding ? this.heap.floats(padding!.position, hidden) : placeOf(place++), token * hidden);
      }
    }
    addWords(this.heap, words, ids, to);
  }

  /** Moves the rows of the texts' first tokens together. */
  #gatherFirst(x: number, lengths: readonly number[]): void {
    const { hidden } = this.packed;
    const rows = this.heap.floats(x, lengths.reduce((sum, length) => sum + length, 0) * hidden);
    let token = 0;
    for (const [text, length] of lengths.entries()) {
      rows.copyWithin(text * hidden, token * hidden, (token + 1) * hidden);
      token += length;
    }
  }
}
