// The reranker of `npm run eval -- --reranker FOLDER [--model ID]`: its files lie in FOLDER/<ID>/, and the package is built.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './node-engine.mjs';

/** The best passages of a ranking that are scored anew. */
export const RERANKED = 20;

/**
 * A function that puts the best passages of a ranking into the reranker's order, before the others, and the model's name; null where no folder was named.
 */
export async function openReranker() {
  const options = /** @type {const} */ ({
    reranker: { type: 'string' },
    model: { type: 'string', default: 'BAAI/bge-reranker-base' },
    write: { type: 'boolean' },
  });
  const { reranker: modelBase, model } = parseArgs({ options }).values;
  if (!modelBase) return null;
  const { createReranker, registerModel } = await import(join(root, 'dist/node.js'));
  if (!model.startsWith('BAAI/')) registerModel({ id: model, task: 'rerank' });
  const reranker = await createReranker({ model, modelBase });

  /** @param {string} query @param {readonly { id: number }[]} ranking @param {readonly { text: string }[]} passages */
  async function rerank(query, ranking, passages) {
    const best = ranking.slice(0, RERANKED);
    const order = await reranker.rank(
      query,
      best.map(({ id }) => passages[id]?.text ?? ''),
    );
    return [
      ...order.map((/** @type {{ index: number }} */ { index }) => best[index] ?? { id: -1 }),
      ...ranking.slice(RERANKED),
    ];
  }

  return { model, rerank };
}
