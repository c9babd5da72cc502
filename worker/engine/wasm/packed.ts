import type { Heap } from './heap';
import { type Arithmetic, arithmeticOf, keepProduct, type PackedProduct, type Precision } from './products';
import { keepTable, type PackedTable } from './table';
import type { EncoderWeights, Norm, Product } from './weights';

export interface PackedNorm {
  readonly weight: number;
  readonly bias: number;
}

export interface PackedLayer {
  readonly qkv: PackedProduct;
  readonly attentionOut: PackedProduct;
  readonly attentionNorm: PackedNorm;
  readonly ffnIn: PackedProduct;
  readonly ffnOut: PackedProduct;
  readonly ffnNorm: PackedNorm;
}

/** Where everything of an encoder lies in its heap: plain data, so that it can be sent with a copy of the heap. */
export interface PackedEncoder {
  readonly precision: Precision;
  readonly hidden: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly words: PackedTable;
  readonly positions: number;
  readonly longest: number;
  /** A token that takes no place, and what it has in its stead. */
  readonly padding: { readonly id: number; readonly position: number } | null;
  readonly embeddingNorm: PackedNorm;
  readonly layers: readonly PackedLayer[];
  /** A reranker's head; null for embedders. */
  readonly classifier: { readonly dense: PackedProduct; readonly out: PackedProduct } | null;
}

/** Packs the weights, a layer at a time; they are not needed afterwards. Throws Error for sizes that the kernels do not take, RangeError where memory runs short. */
export function pack(heap: Heap, arithmetic: Arithmetic, precision: Precision, weights: EncoderWeights): PackedEncoder {
  const { hidden, heads, epsilon, words, positions, padding, embeddingNorm, layers, classifier } = weights;
  if (hidden % (8 * heads) !== 0) throw new Error(`${heads} heads of ${hidden / heads} are not supported`);
  const keep = (...parts: Product[]) => keepProduct(heap, arithmetic, parts);
  return {
    ...{ precision, hidden, heads, epsilon },
    words: keepTable(heap, words, precision !== 'f32'),
    positions: heap.keep(positions),
    longest: positions.length / hidden,
    padding: padding ? { id: padding.id, position: heap.keep(padding.position) } : null,
    embeddingNorm: keepNorm(heap, embeddingNorm),
    layers: Array.from({ length: layers }, (_, index) => {
      const layer = weights.layer(index);
      return {
        qkv: keep(...layer.qkv),
        attentionOut: keep(layer.attentionOut),
        attentionNorm: keepNorm(heap, layer.attentionNorm),
        ffnIn: keep(layer.ffnIn),
        ffnOut: keep(layer.ffnOut),
        ffnNorm: keepNorm(heap, layer.ffnNorm),
      };
    }),
    classifier: classifier && { dense: keepHead(heap, classifier.dense), out: keepHead(heap, classifier.out) },
  };
}

/** Heads are small, and what is ranked by: float32. */
export function keepHead(heap: Heap, product: Product): PackedProduct {
  return keepProduct(heap, arithmeticOf('f32', heap), [product]);
}

function keepNorm(heap: Heap, { weight, bias }: Norm): PackedNorm {
  return { weight: heap.keep(weight), bias: heap.keep(bias) };
}
