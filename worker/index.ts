import { expose, transfer } from 'comlink';
import type { WorkerApi } from '../src/shared/protocol';
import { createApi } from './api';
import { startOrt } from './engine/ort-runtime';
import { isHelper, serveAsHelper } from './engine/wasm/helper';
import { holdLife } from './life';
import { openModelStore } from './model-store';
import { Database } from './model-store/database';
import { openFiles } from './model-store/given-files';
import { tellErrors, tellPage } from './page';

const model = createApi(
  {
    openStore: ({ cache, files }, onEvent) =>
      files ? openFiles(files, onEvent) : openModelStore({ openCache: cache ? Database.open : null, onEvent }),
    startRuntime: startOrt,
  },
  tellPage,
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

tellErrors();
if (isHelper()) serveAsHelper();
else expose(api);
