import type { InferenceSession, Tensor } from 'onnxruntime-web';
import type { Device } from '../../src/shared/protocol';
import type { Linear } from './engine';
import { type Ort, openSmallGraph } from './ort-runtime';

/** An ONNX graph of one operator, y = Gemm(x, w, b) with w transposed; sizes are free, and the weights are inputs. */
const GEMM =
  'CAg6fQohCgF4CgF3CgFiEgF5IgRHZW1tKg0KBnRyYW5zQhgBoAECEgFnWhUKAXgSEAoOCAESCgoDEgFuCgMSAWhaFQoBdxIQCg4IARIKCgMSAW8KAxIBaFoQCgFiEgsKCQgBEgUKAxIBb2IVCgF5EhAKDggBEgoKAxIBbgoDEgFvQgQKABAN';

/** Linear layers, run by the runtime: in JavaScript a head of 1024 × 1024 would cost as much as a tenth of the model. */
export class OrtLinear {
  readonly #ort: Ort;
  readonly #session: InferenceSession;

  private constructor(ort: Ort, session: InferenceSession) {
    this.#ort = ort;
    this.#session = session;
  }

  static async open(ort: Ort, device: Device): Promise<OrtLinear> {
    return new OrtLinear(ort, await openSmallGraph(ort, GEMM, device));
  }

  /** x · wᵀ + b for each row of `x`. */
  async apply(x: Float32Array, { inputs, outputs, weight, bias }: Linear): Promise<Float32Array> {
    const tensor = (data: Float32Array, dims: number[]) => new this.#ort.Tensor('float32', data, dims);
    const { y } = await this.#session.run({
      x: tensor(x, [x.length / inputs, inputs]),
      w: tensor(weight, [outputs, inputs]),
      b: tensor(bias, [outputs]),
    });
    return (y as Tensor).data as Float32Array;
  }
}
