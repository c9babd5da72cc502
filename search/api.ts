import type { IndexConfig, IndexEvent, SearchApi, SearchHost, SearchWorkerEvent } from '../src/shared/search';
import type { SemanticIndex } from './semantic-index';
import type { Call } from './writer';

type CallEvent = Extract<SearchWorkerEvent, { type: 'call' }>;

/** Opens the index that the configuration names. `onEvent` hears of what happens outside of any call. */
export type OpenIndex = (
  config: IndexConfig,
  host: SearchHost,
  onEvent: (event: IndexEvent) => void,
  signal: AbortSignal,
) => Promise<SemanticIndex>;

/** What may be asked of one index, which `open` must bring first. `tell` hears of the progress of calls; one of 0 is the index itself. */
export function createSearchApi(openIndex: OpenIndex, tell: (event: CallEvent) => void): Omit<SearchApi, 'connect'> {
  let index: SemanticIndex | undefined;
  const running = new Map<number, AbortController>();

  /** Keeps the call where a cancel finds it, until its work has settled. */
  async function run<T>({ callId }: { readonly callId: number }, work: (call: Call) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    running.set(callId, controller);
    const onEvent = (event: IndexEvent) => tell({ type: 'call', callId, event });
    try {
      return await work({ id: callId, signal: controller.signal, onEvent });
    } finally {
      running.delete(callId);
    }
  }

  function the(): SemanticIndex {
    if (index) return index;
    throw new Error('The search worker was asked before its index was open');
  }

  return {
    open: (request, host) =>
      run(request, async ({ signal }) => {
        const onEvent = (event: IndexEvent) => tell({ type: 'call', callId: 0, event });
        index = await openIndex(request.config, host, onEvent, signal);
      }),

    rebuilt: (request) => run(request, () => the().rebuilt()),
    add: (request) => run(request, (call) => the().add(request.documents, call)),
    remove: (request) => run(request, (call) => the().remove(request.ids, call)),
    compact: (request) => run(request, (call) => the().compact(call)),
    search: (request) => run(request, (call) => the().search(request, call)),
    similar: (request) => run(request, async () => the().similar(request)),
    duplicates: (request) => run(request, (call) => the().duplicates(request.threshold, call)),
    clusters: (request) => run(request, (call) => the().clusters(request, call)),
    calibrate: (request) => run(request, (call) => the().calibrate(request.relevant, call)),
    threshold: (request) => run(request, async () => the().threshold(request.goal)),
    get: (request) => run(request, async () => the().get(request.ids)),
    stats: (request) => run(request, async () => the().stats()),
    // Not transferred: in memory the stored segments are the index itself.
    exportFile: (request) => run(request, (call) => the().exportFile(call)),
    importFile: (request) => run(request, (call) => the().importFile(request.file, call)),
    exportVectors: (request) => run(request, async () => the().exportVectors()),

    cancel(callId) {
      running.get(callId)?.abort();
    },
  };
}
