import { expose, transfer, transferHandlers } from 'comlink';
import { BgeError, toWire } from '../src/shared/errors';
import type { EncodeReply, LoadConfig, WorkerApi, WorkerEvent } from '../src/shared/protocol';
import { type Call, Pipeline } from './pipeline';

let tell: (event: WorkerEvent) => void = () => {};
let pipeline: Pipeline | undefined;
const calls = new Map<number, Call>();

const api: WorkerApi = {
  async connect(listener, lifeLock) {
    tell = listener;
    // The lock is given up only when this worker ends, however it ends: the page waits for it and so learns of every death.
    await new Promise<void>((held) => {
      if (!navigator.locks) return held();
      navigator.locks
        .request(lifeLock, () => {
          held();
          return new Promise(() => {});
        })
        .catch(() => held()); // an origin without storage may not have locks: `deadline` still finds a death
    });
  },

  async load(config: LoadConfig) {
    const emit = (event: Extract<WorkerEvent, { type: 'load' }>['event']) => tell({ type: 'load', event });
    pipeline = await Pipeline.load(config, emit);
    emit({ phase: 'ready', info: pipeline.info });
    return pipeline.info;
  },

  async encode(request) {
    const { callId } = request;
    const call: Call = { cancelled: false, onProgress: (event) => tell({ type: 'encode', callId, event }) };
    calls.set(callId, call);
    try {
      const reply: EncodeReply = await loaded().encode(request, call);
      return transfer(reply, [reply.data.buffer, reply.tokenCounts.buffer, reply.truncated.buffer]);
    } finally {
      calls.delete(callId);
    }
  },

  async tokenize(request) {
    return loaded().tokenize(request);
  },

  cancel(callId) {
    const call = calls.get(callId);
    if (call) call.cancelled = true;
  },
};

function loaded(): Pipeline {
  if (!pipeline) throw new BgeError('EngineError', 'The worker was asked to work before its model was loaded');
  return pipeline;
}

// An error that no call stands for (a timer, an event, a promise nobody awaits) leaves a worker in an unknown state.
// The browser would tell the page of some of these only: say it ourselves, and end.
function die(error: unknown): void {
  tell({ type: 'fatal', error: toWire(error) });
  close();
}
addEventListener('error', (event) => die(event.error ?? new Error(event.message)));
addEventListener('unhandledrejection', (event) => die(event.reason));

// comlink's own handler would lose the details and the cause; the page's end has the other half.
const throws = transferHandlers.get('throw')!;
transferHandlers.set('throw', {
  canHandle: throws.canHandle,
  serialize: (thrown: unknown) => [toWire((thrown as { value: unknown }).value), []],
  deserialize: throws.deserialize,
});

expose(api);
