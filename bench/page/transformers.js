import { contender } from './harness.js';

const worker = new Worker('/vendor/transformers-worker.js', { type: 'module' });

/** One question at a time: the benchmark never asks the next one before it has the answer. */
function ask(question) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.answer));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(question);
  });
}

contender(async (parameters) => {
  await ask({ load: { models: parameters.get('models'), dtype: parameters.get('dtype') } });
  return (texts, batch) => ask({ encode: { texts, batch } });
});
