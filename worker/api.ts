import { BgeError } from '../src/shared/errors';
import type { ModelApi, WorkerApi, WorkerEvent } from '../src/shared/protocol';
import { Embedder } from './embedder';
import type { Host } from './host';
import { type Call, Pipeline } from './pipeline';
import { Reranker } from './reranker';

/** What may be asked of one model, which `load` must bring first. `tell` hears of the progress of loads and calls. */
export function createApi(host: Host, tell: (event: WorkerEvent) => void): ModelApi & Pick<WorkerApi, 'load'> {
  let loaded: Embedder | Reranker | undefined;
  const calls = new Map<number, Call>();

  /** Keeps the call where a cancel finds it, until its work has settled. */
  async function run<T>(
    { callId, priority }: { readonly callId: number; readonly priority: number },
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const call: Call = { priority, cancelled: false, onProgress: (event) => tell({ type: 'call', callId, event }) };
    calls.set(callId, call);
    try {
      return await work(call);
    } finally {
      calls.delete(callId);
    }
  }

  function the<T extends Embedder | Reranker>(Kind: new (pipeline: Pipeline) => T): T {
    if (loaded instanceof Kind) return loaded;
    throw new BgeError('EngineError', 'The worker was asked for what its model cannot do, or before one was loaded');
  }

  return {
    async load(config) {
      const emit = (event: Extract<WorkerEvent, { type: 'load' }>['event']) => tell({ type: 'load', event });
      const pipeline = await Pipeline.load(config, host, emit);
      loaded = config.model.task === 'rerank' ? new Reranker(pipeline) : new Embedder(pipeline);
      if (config.selfCheck) emit({ phase: 'warm-up' });
      const info = { ...loaded.info, selfCheck: config.selfCheck ? await loaded.check() : null };
      emit({ phase: 'ready', info });
      return info;
    },

    encode: (request) => run(request, (call) => the(Embedder).encode(request, call)),
    tokenize: (request) => run(request, (call) => the(Embedder).tokenize(request, call)),
    score: (request) => run(request, (call) => the(Embedder).score(request, call)),
    explain: (request) => run(request, (call) => the(Embedder).explain(request, call)),
    rerank: (request) => run(request, (call) => the(Reranker).rerank(request, call)),

    cancel(callId) {
      const call = calls.get(callId);
      if (call) call.cancelled = true;
    },
  };
}
