import { checks, relaxedChecks, use } from '../../worker/engine/wasm/checks';
import { Encoder } from '../../worker/engine/wasm/encoder';
import { Heap } from '../../worker/engine/wasm/heap';
import { readPrepared } from '../../worker/engine/wasm/prepared-weights';
import type { Precision } from '../../worker/engine/wasm/products';

/** What the checks of the kernels say in this browser: a message by name where one failed. */
export async function run(isRelaxed: boolean): Promise<Record<string, string>> {
  use(await Heap.start(isRelaxed));
  return Object.fromEntries(
    Object.entries(isRelaxed ? { ...checks, ...relaxedChecks } : checks).map(([name, check]) => {
      try {
        check();
        return [name, 'ok'];
      } catch (error) {
        return [name, String(error)];
      }
    }),
  );
}

/** The mean and the lowest cosine of an embedded model to vectors of the reference. */
export async function quality(
  model: string,
  heads: number,
  precision: Precision,
  cases: readonly { readonly input_ids: readonly number[]; readonly embedding: readonly number[] }[],
) {
  const read = async (name: string) =>
    new Uint8Array(await (await fetch(`/models/${model}/onnx/${name}`)).arrayBuffer());
  const weights = readPrepared(await read('model_webgpu.json'), await read('model_quantized.onnx'), heads);
  const encoder = await Encoder.open(weights, precision);
  const cosines = cases.map(({ input_ids, embedding }) => {
    const state = encoder.encode(Int32Array.from(input_ids), [input_ids.length], 'first');
    const norm = Math.sqrt(state.reduce((sum, x) => sum + x * x, 0));
    return state.reduce((sum, x, d) => sum + (x / norm) * embedding[d]!, 0);
  });
  return { mean: cosines.reduce((a, b) => a + b) / cosines.length, lowest: Math.min(...cosines) };
}
