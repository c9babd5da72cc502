import { createEmbedder } from '/dist/index.js';
import { contender } from './harness.js';

contender(async () => {
  const embedder = await createEmbedder({ modelBase: '/models/', device: 'wasm' });
  return async (texts) => Array.from(await embedder.encode(texts));
});
