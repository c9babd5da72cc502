import { createEmbedder } from '/dist/index.js';
import { contender } from './harness.js';

contender(async (parameters) => {
  const threads = parameters.get('threads');
  const embedder = await createEmbedder({
    modelBase: parameters.get('models') ?? '/models/',
    device: 'wasm',
    ...(threads && { threads: Number(threads) }),
  });
  const engine = parameters.get('engine') ?? 'wasm';
  if (embedder.info.engine !== engine) throw new Error(`the engine is ${embedder.info.engine}, not ${engine}`);
  return async (texts) => Array.from(await embedder.encode(texts));
});
