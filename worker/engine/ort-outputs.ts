import { BgeError } from '../../src/shared/errors';
import type { Head } from './engine';

/** The names that exports give to the outputs of each head; the first that a graph has is read. */
const NAMES: Readonly<Record<Head, readonly string[]>> = {
  // sentence-transformers; aapot's and gpahal's exports of BGE-M3; yuniko's.
  dense: ['sentence_embedding', 'dense_vecs', 'dense_embeddings'],
  sparse: ['sparse_vecs', 'sparse_weights'],
  colbert: ['colbert_vecs', 'colbert_vectors'],
  logits: ['logits'],
};

const HIDDEN_STATES = ['last_hidden_state', 'token_embeddings'];

/** Those exports normalise inside the graph. */
const NORMALIZED = ['dense_vecs', 'dense_embeddings'];

/** Where each head's numbers come from in a graph: from an output of its own, or from the hidden states. */
export interface OutputNames {
  readonly own: { readonly [head in Head]?: string };
  readonly hidden: string | undefined;
}

/**
 * Finds the outputs by their names. Throws WrongModelError if they are those of a model for another task, or are
 * normalised and must not be; CorruptModelError if they are unknown.
 */
export function findOutputs(names: readonly string[], task: 'embed' | 'rerank', normalize: boolean): OutputNames {
  const first = (wanted: readonly string[]) => wanted.find((name) => names.includes(name));
  const own: { [head in Head]?: string } = {};
  for (const head of Object.keys(NAMES) as Head[]) {
    const name = first(NAMES[head]);
    if (name) own[head] = name;
  }
  const hidden = first(HIDDEN_STATES);
  const embeds = own.dense !== undefined || hidden !== undefined;
  if (task === 'rerank' ? own.logits === undefined : !embeds) {
    const expected = task === 'rerank' ? NAMES.logits : [...NAMES.dense, ...HIDDEN_STATES];
    const other = task === 'rerank' ? embeds : own.logits !== undefined;
    const message = `The model file gives none of ${expected.join(', ')}, but ${names.join(', ')}`;
    const advice = task === 'rerank' ? 'it is of an embedder' : 'it is of a reranker: use createReranker()';
    throw other ? new BgeError('WrongModelError', `${message}: ${advice}`) : new BgeError('CorruptModelError', message);
  }
  if (task === 'embed' && !normalize && own.dense && NORMALIZED.includes(own.dense)) {
    const message = `The model file gives ${own.dense}, which is normalised; \`normalize: false\` needs a file that gives last_hidden_state`;
    throw new BgeError('WrongModelError', message);
  }
  return { own, hidden };
}
