// An app that has all of it in one bundle. The tests reach it by `window.app`.
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnableSequence } from '@langchain/core/runnables';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { embed, embedMany } from 'ai';
import { createEmbedder, isBgeError, listModels } from 'bge-web';
import { embeddingModels } from 'bge-web/ai-sdk';
import { BgeEmbeddings, BgeVectorStore } from 'bge-web/langchain';
import { disposeEmbedders, useEmbedder, useSemanticSearch } from 'bge-web/react';
import { createIndex } from 'bge-web/search';
import { SemanticEmbedder } from 'bge-web/semantic-embedder';
import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const OPTIONS = { modelBase: '/models/', device: 'wasm' };

/** Vectors of both frameworks, and what a chain put into its prompt and found. */
async function vectors({ queries, passages }) {
  const embedder = await createEmbedder(OPTIONS);
  const embeddings = new BgeEmbeddings({ embedder });
  const models = embeddingModels(embedder);
  const langchain = {
    queries: await Promise.all(queries.map((query) => embeddings.embedQuery(query))),
    passages: await embeddings.embedDocuments(passages),
  };
  const ai = {
    queries: (await Promise.all(queries.map((value) => embed({ model: models.query, value })))).map(
      ({ embedding }) => embedding,
    ),
    passages: (await embedMany({ model: models.passage, values: passages })).embeddings,
  };
  const index = await createIndex({ embedder });
  const store = await BgeVectorStore.fromTexts(passages, {}, embeddings, { index });
  const contexts = [];
  const chain = RunnableSequence.from([
    store.asRetriever(1),
    (found) => {
      contexts.push(found[0].pageContent);
      return { context: found[0].pageContent };
    },
    ChatPromptTemplate.fromTemplate('By {context}'),
    new FakeListChatModel({ responses: ['an answer'] }),
    new StringOutputParser(),
  ]);
  const answers = [];
  for (const query of queries) answers.push(await chain.invoke(query));
  index.dispose();
  embedder.dispose();
  return { langchain, ai, contexts, answers };
}

/** What the components have seen, and how to change what they are given. */
const seen = { embedders: new Set(), phases: new Set(), statuses: [], set: null };
let root;

function Status({ options }) {
  const { status, embedder, progress, error, retry } = useEmbedder(options);
  if (embedder) seen.embedders.add(embedder);
  if (progress) seen.phases.add(progress.phase);
  seen.retry = retry;
  return h('p', { className: 'status' }, error ? `${error.name}: ${error.message}` : status);
}

function Search({ options, first }) {
  const { embedder } = useEmbedder(options);
  const [given, set] = useState(first);
  seen.set = (change) => set((before) => ({ ...before, ...change }));
  const { status, hits, error, index } = useSemanticSearch({ embedder, ...given });
  if (seen.statuses.at(-1) !== status) seen.statuses.push(status);
  seen.index = index;
  return h(
    'output',
    { 'data-status': status },
    error ? `${error.name}: ${error.message}` : hits.map(({ id }) => id).join(),
  );
}

/** Mounts two components that show the embedder's status, and a search where there is one to begin with. */
function mount({ options = OPTIONS, search } = {}) {
  Object.assign(seen, { embedders: new Set(), phases: new Set(), statuses: [], index: null });
  root = createRoot(document.getElementById('root'));
  const parts = [h(Status, { key: 1, options: { ...options } }), h(Status, { key: 2, options: { ...options } })];
  if (search) parts.push(h(Search, { key: 3, options: { ...options }, first: search }));
  root.render(h(StrictMode, null, parts));
}

window.app = {
  ...{ OPTIONS, vectors, mount, seen, disposeEmbedders, SemanticEmbedder, listModels, isBgeError },
  unmount: () => root.unmount(),
};
