import { expose, type Remote, transfer } from 'comlink';
import type { IndexEvent, SearchApi, SearchHost, SearchWorkerEvent } from '../src/shared/search';
import { holdLife } from '../worker/life';
import { tellErrors, tellPage } from '../worker/page';
import { openIndex } from './open';
import type { SemanticIndex } from './semantic-index';
import type { Call } from './writer';

let index: SemanticIndex | undefined;
const running = new Map<number, AbortController>();

const tell = (callId: number, event: IndexEvent) =>
  tellPage({ type: 'call', callId, event } satisfies SearchWorkerEvent);

const api: SearchApi = {
  connect: holdLife,

  open: (request, host: SearchHost | Remote<SearchHost>) =>
    run(request, async ({ signal }) => {
      const onEvent = (event: IndexEvent) => tell(0, event);
      index = await openIndex(request.config, host as SearchHost, onEvent, signal);
    }),

  rebuilt: (request) => run(request, () => the().rebuilt()),
  add: (request) => run(request, (call) => the().add(request.documents, call)),
  remove: (request) => run(request, (call) => the().remove(request.ids, call)),
  compact: (request) => run(request, (call) => the().compact(call)),
  search: (request) => run(request, (call) => the().search(request, call)),
  similar: (request) => run(request, async () => the().similar(request)),
  duplicates: (request) => run(request, (call) => the().duplicates(request.threshold, call)),
  clusters: (request) => run(request, (call) => the().clusters(request, call)),
  map: (request) => run(request, (call) => the().map(request, call)),
  calibrate: (request) => run(request, (call) => the().calibrate(request.relevant, call)),
  threshold: (request) => run(request, async () => the().threshold(request.goal)),
  get: (request) => run(request, async () => the().get(request.ids)),
  stats: (request) => run(request, async () => the().stats()),
  // Copied, not transferred: in memory the stored segments are the index itself.
  exportFile: (request) => run(request, (call) => the().exportFile(call)),
  importFile: (request) => run(request, (call) => the().importFile(request.file, call)),

  async exportVectors(request) {
    const vectors = await run(request, async () => the().exportVectors());
    return transfer(vectors, [vectors.data.buffer]);
  },

  cancel(callId) {
    running.get(callId)?.abort();
  },
};

/** Keeps the call where a cancel finds it, until its work has settled. */
async function run<T>({ callId }: { readonly callId: number }, work: (call: Call) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  running.set(callId, controller);
  try {
    return await work({ id: callId, signal: controller.signal, onEvent: (event) => tell(callId, event) });
  } finally {
    running.delete(callId);
  }
}

function the(): SemanticIndex {
  if (index) return index;
  throw new Error('The search worker was asked before its index was open');
}

tellErrors();
expose(api);
