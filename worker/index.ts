import { expose, transfer, transferHandlers } from 'comlink';
import { toWire } from '../src/shared/errors';
import type { EventMessage, WorkerApi, WorkerEvent } from '../src/shared/protocol';
import { createApi } from './api';
import { startOrt } from './engine/ort-runtime';
import { isHelper, serveAsHelper } from './engine/wasm/helper';
import { holdLife } from './life';
import { openModelStore } from './model-store';
import { Database } from './model-store/database';

const tell = (workerEvent: WorkerEvent) => postMessage({ workerEvent } satisfies EventMessage);

const model = createApi(
  {
    openStore: ({ cache, onEvent }) => openModelStore({ openCache: cache ? Database.open : null, onEvent }),
    startRuntime: startOrt,
  },
  tell,
);

const api: WorkerApi = {
  ...model,
  connect: holdLife,

  async encode(request) {
    const reply = await model.encode(request);
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

  async rerank(request) {
    const logits = await model.rerank(request);
    return transfer(logits, [logits.buffer]);
  },
};

// An error that no call stands for (a timer, an event, a promise nobody awaits) leaves a worker in an unknown state.
// The browser would tell the page of some of these only: say it ourselves, and end.
function die(error: unknown): void {
  tell({ type: 'fatal', error: toWire(error) });
  close();
}
addEventListener('error', (event) => die(event.error ?? new Error(event.message)));
addEventListener('unhandledrejection', (event) => die(event.reason));

if (isHelper()) serveAsHelper();
else {
  // comlink's own handler would lose the details and the cause; the page's end has the other half.
  const throws = transferHandlers.get('throw')!;
  transferHandlers.set('throw', {
    canHandle: throws.canHandle,
    serialize: (thrown: unknown) => [toWire((thrown as { value: unknown }).value), []],
    deserialize: throws.deserialize,
  });
  expose(api);
}
