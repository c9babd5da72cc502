import { expose, transfer } from 'comlink';
import type { SearchApi } from '../src/shared/search';
import { holdLife } from '../worker/life';
import { tellErrors, tellPage } from '../worker/page';
import { createSearchApi } from './api';
import { openIndex } from './open';

const index = createSearchApi(openIndex, tellPage);

const api: SearchApi = {
  ...index,
  connect: holdLife,

  async exportVectors(request) {
    const vectors = await index.exportVectors(request);
    return transfer(vectors, [vectors.data.buffer]);
  },
};

tellErrors();
expose(api);
