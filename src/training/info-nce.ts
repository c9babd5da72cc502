import type { Pauses } from '../../search/pauses';
import { Heap } from '../../worker/engine/wasm/heap';

/** Multiplications of one call of a kernel: a few milliseconds, after which others may have their turn. */
const MOST_PRODUCTS = 1 << 23;

const padded = (count: number) => Math.ceil(count / 8) * 8;

/** Queries and passages that are scored against each other. */
export interface Batch {
  /** queries × dim and passages × dim values, row-major, of length 1. */
  readonly queries: Float32Array;
  readonly passages: Float32Array;
  /** Of each query the passage that answers it. */
  readonly targets: readonly number[];
  /** Of each query the passages that count for nothing: its other positives. */
  readonly ignored: readonly ReadonlySet<number>[];
}

export interface LossOptions {
  readonly temperature: number;
  /** What the squared distance of the weights from the identity, and of the bias from 0, is multiplied by. */
  readonly regularization: number;
}

/**
 * A linear map of queries, y = x · weight + bias, scaled to length 1, and the loss that trains it. InfoNCE: the cross-entropy of the softmax over
 * cosine / temperature with all passages of the batch. Source: FlagEmbedding, abc/finetune/embedder/AbsModeling.py. In float32, by our engine's
 * kernel without relaxed SIMD, so that every machine gives the same numbers.
 */
export class QueryMap {
  readonly #dim: number;
  /** Rows and columns up to whole panels of the kernel; what is beyond `dim` stays 0. */
  readonly #size: number;
  readonly #heap: Heap;
  readonly #pauses: Pauses;
  /** size × size values, from input (row) to output (column), and one bias an output, behind each other; the gradient likewise. */
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly gradient: Float32Array<ArrayBuffer>;

  private constructor(dim: number, heap: Heap, pauses: Pauses) {
    this.#dim = dim;
    this.#size = padded(dim);
    this.#heap = heap;
    this.#pauses = pauses;
    this.parameters = new Float32Array(this.#size * (this.#size + 1));
    this.gradient = new Float32Array(this.parameters.length);
    for (let d = 0; d < this.#size; d++) this.parameters[d * (this.#size + 1)] = 1;
  }

  static async identity(dim: number, pauses: Pauses): Promise<QueryMap> {
    return new QueryMap(dim, await Heap.start(false), pauses);
  }

  /** The weight as torch.nn.Linear has it, outputs × inputs, and the bias. */
  result(): { weight: Float32Array<ArrayBuffer>; bias: Float32Array<ArrayBuffer> } {
    const [dim, size] = [this.#dim, this.#size];
    const weight = new Float32Array(dim * dim);
    for (let output = 0; output < dim; output++)
      for (let input = 0; input < dim; input++) weight[output * dim + input] = this.parameters[input * size + output]!;
    return { weight, bias: this.parameters.slice(size * size, size * size + dim) };
  }

  /** The loss of a batch, without the regulariser where there is no gradient to come of it (`gradient` is overwritten). */
  async loss(batch: Batch, { temperature, regularization }: LossOptions, withGradient: boolean): Promise<number> {
    const size = this.#size;
    const rows = batch.targets.length;
    const columns = padded(batch.passages.length / this.#dim);
    const at = this.#heap.layOut({
      x: 4 * (rows + 8) * size,
      y: 4 * (rows + 8) * size,
      xTurned: 4 * (size + 8) * rows,
      passages: 4 * columns * size,
      scores: 4 * (rows + 8) * columns,
      zeros: 4 * Math.max(size, columns),
      bias: 4 * size,
      raw: 4 * size * size,
      packed: 4 * size * Math.max(size, columns, rows),
    });
    const floats = (address: number, length: number) => this.#heap.floats(address, length);
    floats(at.zeros, Math.max(size, columns)).fill(0);
    floats(at.bias, size).set(this.parameters.subarray(size * size));
    this.#put(batch.queries, at.x, rows);
    this.#put(batch.passages, at.passages, columns);

    floats(at.raw, size * size).set(this.parameters.subarray(0, size * size));
    await this.#multiply(at.x, { from: at.raw, to: at.packed }, at.bias, at.y, { rows, inner: size, columns: size });
    const lengths = normalize(floats(at.y, rows * size), size);
    await this.#packTurned(at.passages, at.packed, columns);
    await this.#multiply(at.y, { to: at.packed }, at.zeros, at.scores, { rows, inner: size, columns });
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const scores = floats(at.scores + 4 * row * columns, columns);
      scores.fill(Number.NEGATIVE_INFINITY, batch.passages.length / this.#dim);
      for (const passage of batch.ignored[row]!) scores[passage] = Number.NEGATIVE_INFINITY;
      loss += crossEntropy(scores, batch.targets[row]!, temperature, rows) / rows;
      if (this.#pauses.isDue) await this.#pauses.pause();
    }
    if (!withGradient) return loss;

    // `scores` has the loss's slope by each cosine now. Back through the products, and through the scaling to length 1.
    const slopes = at.x; // the queries are read from the batch once more
    await this.#multiply(at.scores, { from: at.passages, to: at.packed }, at.zeros, slopes, {
      rows,
      inner: columns,
      columns: size,
    });
    unscale(floats(slopes, rows * size), floats(at.y, rows * size), lengths, size);
    const turned = floats(at.xTurned, size * rows).fill(0);
    for (let row = 0; row < rows; row++)
      for (let d = 0; d < this.#dim; d++) turned[d * rows + row] = batch.queries[row * this.#dim + d]!;
    await this.#multiply(at.xTurned, { from: slopes, to: at.packed }, at.zeros, at.raw, {
      rows: size,
      inner: rows,
      columns: size,
    });
    this.gradient.set(floats(at.raw, size * size));
    const bias = this.gradient.subarray(size * size).fill(0);
    for (const [i, slope] of floats(slopes, rows * size).entries()) bias[i % size]! += slope;
    await this.#pauses.pause();
    return loss + this.#regularize(regularization);
  }

  /** Adds to the gradient, and gives what it adds to the loss. */
  #regularize(factor: number): number {
    let sum = 0;
    for (let i = 0; i < this.parameters.length; i++) {
      const isDiagonal = i < this.#size * this.#size && i % (this.#size + 1) === 0;
      const distance = this.parameters[i]! - (isDiagonal ? 1 : 0);
      sum += distance * distance;
      this.gradient[i]! += 2 * factor * distance;
    }
    return factor * sum;
  }

  /** Puts rows of `dim` values at an address as rows of `size`, with zeros for what there is none of. */
  #put(values: Float32Array, address: number, rows: number): void {
    const [dim, size] = [this.#dim, this.#size];
    const to = this.#heap.floats(address, rows * size).fill(0);
    for (let row = 0; row < values.length / dim; row++) to.set(values.subarray(row * dim, (row + 1) * dim), row * size);
  }

  /** Orders passages (rows) as the kernel reads the columns of a matrix: panels of eight, value by value. */
  async #packTurned(from: number, to: number, rows: number): Promise<void> {
    const size = this.#size;
    for (let panel = 0; panel < rows; panel += 8) {
      const values = this.#heap.floats(from + 4 * panel * size, 8 * size);
      const packed = this.#heap.floats(to + 4 * panel * size, 8 * size);
      for (let lane = 0; lane < 8; lane++)
        for (let d = 0; d < size; d++) packed[8 * d + lane] = values[lane * size + d]!;
      if (this.#pauses.isDue) await this.#pauses.pause();
    }
  }

  /** out = x · w + bias, where w is packed from `from` first, or lies packed at `to`. */
  async #multiply(
    x: number,
    w: { readonly from?: number; readonly to: number },
    bias: number,
    out: number,
    { rows, inner, columns }: { rows: number; inner: number; columns: number },
  ): Promise<void> {
    const { kernels } = this.#heap;
    if (w.from !== undefined) kernels.packFloats(w.from, w.to, inner, columns);
    const step = Math.max(8, Math.floor(MOST_PRODUCTS / (rows * inner) / 8) * 8);
    for (let first = 0; first < columns; first += step) {
      if (this.#pauses.isDue) await this.#pauses.pause();
      kernels.multiplyFloats(x, w.to, bias, out, rows, inner, columns, first, Math.min(columns, first + step));
    }
  }
}

/** Scales rows to length 1, in place; gives their lengths. */
function normalize(values: Float32Array, size: number): Float64Array {
  const lengths = new Float64Array(values.length / size);
  for (let row = 0; row < lengths.length; row++) {
    let sum = 0;
    for (let d = row * size; d < (row + 1) * size; d++) sum += values[d]! * values[d]!;
    lengths[row] = Math.sqrt(sum);
    for (let d = row * size; d < (row + 1) * size; d++) values[d]! /= lengths[row]!;
  }
  return lengths;
}

/** From slopes by the scaled rows `y` to slopes by the rows before scaling: (s − y (y · s)) / length. In place. */
function unscale(slopes: Float32Array, y: Float32Array, lengths: Float64Array, size: number): void {
  for (const [row, length] of lengths.entries()) {
    let along = 0;
    for (let d = row * size; d < (row + 1) * size; d++) along += slopes[d]! * y[d]!;
    for (let d = row * size; d < (row + 1) * size; d++) slopes[d] = (slopes[d]! - along * y[d]!) / length;
  }
}

/** −log of the target's softmax; the scores become its slopes by them, as a mean over so many rows. */
function crossEntropy(scores: Float32Array, target: number, temperature: number, rows: number): number {
  const own = scores[target]! / temperature;
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) most = Math.max(most, score / temperature);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score / temperature - most);
  for (let i = 0; i < scores.length; i++)
    scores[i] = (Math.exp(scores[i]! / temperature - most) / sum - (i === target ? 1 : 0)) / (temperature * rows);
  return most + Math.log(sum) - own;
}
