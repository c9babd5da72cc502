import { Heap } from '../../worker/engine/wasm/heap';
import { checks, relaxedChecks, use } from '../../worker/engine/wasm/kernels.checks';

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
