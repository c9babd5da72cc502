import type { Pauses } from '../../search/pauses';

const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];
const STRETCH = 1 << 16;

/** Adam (Kingma and Ba 2015) in float32, with the defaults of torch.optim.Adam. */
export class Adam {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #learningRate: number;
  #steps = 0;

  constructor(size: number, learningRate: number) {
    this.#first = new Float32Array(size);
    this.#second = new Float32Array(size);
    this.#learningRate = learningRate;
  }

  /** Moves the parameters by a gradient. */
  async step(parameters: Float32Array, gradient: Float32Array, pauses: Pauses): Promise<void> {
    this.#steps++;
    const rate = this.#learningRate / (1 - BETA_1 ** this.#steps);
    const root = Math.sqrt(1 - BETA_2 ** this.#steps);
    for (let from = 0; from < parameters.length; from += STRETCH) {
      this.#move(parameters, gradient, from, Math.min(from + STRETCH, parameters.length), rate, root);
      if (pauses.isDue) await pauses.pause();
    }
  }

  #move(parameters: Float32Array, gradient: Float32Array, from: number, to: number, rate: number, root: number): void {
    const [first, second] = [this.#first, this.#second];
    for (let i = from; i < to; i++) {
      const slope = gradient[i]!;
      const mean = BETA_1 * first[i]! + (1 - BETA_1) * slope;
      const square = BETA_2 * second[i]! + (1 - BETA_2) * slope * slope;
      first[i] = mean;
      second[i] = square;
      parameters[i]! -= (rate * mean) / (Math.sqrt(square) / root + EPSILON);
    }
  }
}
