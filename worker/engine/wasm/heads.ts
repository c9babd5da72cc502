import type { TokenHead } from '../../../src/shared/models';
import { pool } from '../../pooling';
import type { Head, HeadOutputs, Linear, TokenBatch } from '../engine';
import { Encoder } from './encoder';
import { keepHead, type PackedEncoder } from './packed';
import type { PackedProduct, Precision } from './products';
import { transpose } from './transpose';
import type { EncoderWeights, Product } from './weights';

export type Pooling = 'cls' | 'mean';

/** Everything that another worker needs in order to compute the same, as plain data. */
export interface EncoderCopy {
  readonly pooling: Pooling;
  readonly packed: PackedEncoder;
  readonly linears: ReadonlyMap<TokenHead, PackedProduct>;
  readonly kept: Uint8Array<ArrayBuffer>;
}

/** An encoder, and what its heads make of the hidden states. */
export class HeadedEncoder {
  readonly #encoder: Encoder;
  readonly #pooling: Pooling;
  readonly #linears: Map<TokenHead, PackedProduct>;

  private constructor(encoder: Encoder, pooling: Pooling, linears: ReadonlyMap<TokenHead, PackedProduct>) {
    this.#encoder = encoder;
    this.#pooling = pooling;
    this.#linears = new Map(linears);
  }

  /** Packs the weights. Throws Error for sizes that the kernels do not take, RangeError where memory runs short. */
  static async open(weights: EncoderWeights, precision: Precision, pooling: Pooling): Promise<HeadedEncoder> {
    return new HeadedEncoder(await Encoder.open(weights, precision), pooling, new Map());
  }

  static async from({ packed, kept, pooling, linears }: EncoderCopy): Promise<HeadedEncoder> {
    return new HeadedEncoder(await Encoder.from(packed, kept), pooling, linears);
  }

  copy(): EncoderCopy {
    const view = this.view();
    return { ...view, kept: view.kept.slice() };
  }

  /** The same without a copy, valid until the heap is used again. */
  view(): EncoderCopy {
    const { packed, heap } = this.#encoder;
    return { packed, kept: heap.kept(), pooling: this.#pooling, linears: this.#linears };
  }

  /** Of the weights. */
  get bytes(): number {
    return this.#encoder.heap.size;
  }

  has(head: Head): boolean {
    if (head === 'dense') return true;
    return head === 'logits' ? this.#encoder.packed.classifier !== null : this.#linears.has(head);
  }

  attach(head: TokenHead, linear: Linear): void {
    this.#linears.set(head, keepHead(this.#encoder.heap, productOf(linear)));
  }

  run({ ids, lengths }: TokenBatch, heads: readonly Head[]): HeadOutputs {
    const ofTokens = heads.some((head) => head === 'sparse' || head === 'colbert');
    const which = ofTokens || this.#pooling === 'mean' ? 'all' : 'first';
    const states = this.#encoder.encode(ids, lengths, which).slice();
    const pooled = (pooling: Pooling) => (which === 'first' ? states : pool(states, lengths, pooling));
    const outputs: { [head in Head]?: Float32Array } = {};
    for (const head of heads) {
      if (head === 'dense') outputs.dense = pooled(this.#pooling);
      else if (head === 'logits') outputs.logits = this.#classify(pooled('cls'));
      else if (head === 'sparse') outputs.sparse = this.#apply('sparse', states).map((weight) => Math.max(weight, 0));
      else outputs.colbert = this.#apply('colbert', this.#withoutFirst(states, lengths));
    }
    return outputs;
  }

  #apply(head: TokenHead, states: Float32Array): Float32Array {
    return this.#multiply(this.#linears.get(head)!, states);
  }

  #classify(states: Float32Array): Float32Array {
    const { dense, out } = this.#encoder.packed.classifier!;
    return this.#multiply(out, this.#multiply(dense, states).map(Math.tanh));
  }

  #withoutFirst(states: Float32Array, lengths: readonly number[]): Float32Array {
    const { hidden } = this.#encoder.packed;
    const kept = new Float32Array(states.length - lengths.length * hidden);
    let from = 0;
    let to = 0;
    for (const length of lengths) {
      const end = from + length * hidden;
      kept.set(states.subarray(from + hidden, end), to);
      to += end - from - hidden;
      from = end;
    }
    return kept;
  }

  #multiply(product: PackedProduct, states: Float32Array): Float32Array {
    const { heap } = this.#encoder;
    const { inputs, outputs, columns, values, bias } = product;
    const rows = states.length / inputs;
    const { from, to } = heap.layOut({ from: states.byteLength, to: 4 * rows * columns });
    heap.floats(from, states.length).set(states);
    heap.kernels.multiplyFloats(from, values, bias, to, rows, inputs, columns, 0, columns);
    const wide = heap.floats(to, rows * columns);
    if (columns === outputs) return wide.slice();
    return Float32Array.from(
      { length: rows * outputs },
      (_, at) => wide[Math.floor(at / outputs) * columns + (at % outputs)]!,
    );
  }
}

/** A head's linear layer as a product: PyTorch's weight is the other way round. */
function productOf({ inputs, outputs, weight, bias }: Linear): Product {
  const values = transpose(weight, outputs, inputs);
  return { matrix: { kind: 'float32', inputs, outputs, values }, bias, smooth: null };
}
