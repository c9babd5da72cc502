import { expose, transfer } from 'comlink';
import { BgeError } from '../src/shared/errors';
import type { LoadConfig, WorkerApi, WorkerEvent } from '../src/shared/protocol';
import { Embedder } from './embedder';
import { isHelper, serveAsHelper } from './engine/wasm/helper';
import { holdLife } from './life';
import { tellErrors, tellPage } from './page';
import { type Call, Pipeline } from './pipeline';
import { Reranker } from './reranker';

const tell = (event: WorkerEvent) => tellPage(event);
let loaded: Embedder | Reranker | undefined;
const calls = new Map<number, Call>();

const api: WorkerApi = {
  connect: holdLife,

  async load(config: LoadConfig) {
    const emit = (event: Extract<WorkerEvent, { type: 'load' }>['event']) => tell({ type: 'load', event });
    const pipeline = await Pipeline.load(config, emit);
    loaded = config.model.task === 'rerank' ? new Reranker(pipeline) : new Embedder(pipeline);
    if (config.selfCheck) emit({ phase: 'warm-up' });
    const info = { ...loaded.info, selfCheck: config.selfCheck ? await loaded.check() : null };
    emit({ phase: 'ready', info });
    return info;
  },

  async encode(request) {
    const reply = await run(request, (call) => the(Embedder).encode(request, call));
    const { dense, sparse, colbert, tokenCounts, truncated } = reply;
    const arrays = [
      dense,
      sparse?.ids,
      sparse?.weights,
      sparse?.offsets,
      colbert?.data,
      colbert?.scales,
      colbert?.offsets,
    ];
    return transfer(
      reply,
      [...arrays, tokenCounts, truncated].flatMap((array) => array?.buffer ?? []),
    );
  },

  tokenize: (request) => run(request, (call) => the(Embedder).tokenize(request, call)),
  score: (request) => run(request, (call) => the(Embedder).score(request, call)),
  explain: (request) => run(request, (call) => the(Embedder).explain(request, call)),

  async rerank(request) {
    const logits = await run(request, (call) => the(Reranker).rerank(request, call));
    return transfer(logits, [logits.buffer]);
  },

  cancel(callId) {
    const call = calls.get(callId);
    if (call) call.cancelled = true;
  },
};

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

tellErrors();
if (isHelper()) serveAsHelper();
else expose(api);
