import { expect, test } from 'vitest';
import { findModel } from '../shared/models';
import { modelFromFiles } from './files';

const json = (value: unknown) => JSON.stringify(value);
const BERT = json({ model_type: 'bert', hidden_size: 384, max_position_embeddings: 512, architectures: ['BertModel'] });
const MODULES = json(
  ['Transformer', 'Pooling', 'Normalize'].map((type) => ({ type: `sentence_transformers.models.${type}` })),
);
const CHECKPOINT = { 'tokenizer.json': '{}', 'config.json': BERT, 'model.safetensors': 'weights' };

const entries = (files: Record<string, string>, folder = '') =>
  Object.entries(files).map(([path, text]) => [folder + path, new Blob([text])] as const);
const specOf = async (...args: Parameters<typeof modelFromFiles>) => findModel((await modelFromFiles(...args)).model);

test('what FlagEmbedding saves: first token, no instruction; facts tell it', async () => {
  const spec = await specOf(entries({ ...CHECKPOINT, 'training_args.bin': '' }, 'bge small faq/'), {
    queryInstruction: 'Query: ',
  });
  expect(spec).toMatchObject({ id: 'files/bge-small-faq', builtIn: false, task: 'embed', dim: 384, maxLength: 512 });
  expect(spec).toMatchObject({ pooling: 'cls', heads: [], queryInstruction: 'Query: ', hub: { graphs: {} } });
});

test.each([
  ['before', { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true, word_embedding_dimension: 384 }],
  ['now', { embedding_dimension: 384, pooling_mode: 'mean', include_prompt: true }],
])('what sentence-transformers saves, as %s: pooling and prompts', async (_, pooling) => {
  const prompts = { query: 'query: ', document: 'passage: ' };
  const files = {
    ...{ ...CHECKPOINT, 'modules.json': MODULES, '1_Pooling/config.json': json(pooling) },
    'config_sentence_transformers.json': json({ prompts }),
  };
  const options = await modelFromFiles(entries(files));
  expect(options.passageInstruction).toBe('passage: ');
  expect([...options.files.keys()]).toEqual(Object.keys(files));
  expect(findModel(options.model)).toMatchObject({ id: 'files/model', pooling: 'mean', queryInstruction: 'query: ' });
});

test('what optimum exports: graphs in the folder or in onnx/, and places of XLM-RoBERTa', async () => {
  const config = json({ model_type: 'xlm-roberta', hidden_size: 1024, max_position_embeddings: 8194, pad_token_id: 1 });
  const files = {
    'tokenizer.json': '{}',
    'config.json': config,
    'model.onnx': 'graph',
    'onnx/model_int8.onnx': 'graph',
  };
  const spec = await specOf(entries({ ...files, 'sparse_linear.pt': '', 'colbert_linear.safetensors': '' }));
  expect(spec).toMatchObject({ dim: 1024, maxLength: 8192, heads: ['sparse', 'colbert'] });
  expect(spec.hub.graphs).toEqual({ fp32: 'model.onnx', q8: 'onnx/model_int8.onnx' });
});

test('DistilBERT has another name for its hidden size', async () => {
  const config = json({ model_type: 'distilbert', dim: 768, max_position_embeddings: 512 });
  expect(await specOf(entries({ ...CHECKPOINT, 'config.json': config }))).toMatchObject({ dim: 768, maxLength: 512 });
});

test('a cross-encoder is a reranker', async () => {
  const config = json({
    model_type: 'roberta',
    architectures: ['XLMRobertaForSequenceClassification'],
    hidden_size: 32,
  });
  expect(await specOf(entries({ ...CHECKPOINT, 'config.json': config }))).toMatchObject({ task: 'rerank', dim: 1 });
});

test('the highest folder with a tokenizer is the model; the others are not looked at', async () => {
  const files = [...entries(CHECKPOINT, 'runs/out/checkpoint-10/'), ...entries(CHECKPOINT, 'runs/out/')];
  const options = await modelFromFiles([...files, ...entries({ 'notes.txt': '' }, 'runs/')]);
  expect(options.model).toBe('files/out');
  expect(options.files.has('config.json')).toBe(true);
  expect(options.files.has('notes.txt')).toBe(false);
});

test('files by their names; the revision is another one for other weights', async () => {
  const fileOf = (text: string) =>
    Object.entries({ ...CHECKPOINT, 'model.safetensors': text }).map(([name, content]) => new File([content], name));
  const revision = async (text: string) => (await specOf(fileOf(text))).hub.revision;
  const large = 'x'.repeat(3_000_000);
  expect(await revision(large)).toBe(await revision(large));
  expect(await revision(large)).not.toBe(await revision(`${large}x`));
  expect(await revision(large)).not.toBe(await revision(`y${large.slice(1)}`));
  const beside = (data: string) =>
    specOf(entries({ ...CHECKPOINT, 'onnx/model.onnx': 'graph', 'onnx/model.onnx_data': data }));
  expect((await beside('old')).hub.revision).not.toBe((await beside('new')).hub.revision);
});

const without = (name: keyof typeof CHECKPOINT, more: Record<string, string> = {}) => {
  const { [name]: _, ...rest } = CHECKPOINT;
  return entries({ ...rest, ...more });
};

test.each([
  [without('tokenizer.json'), 'ModelFileNotFoundError', /^tokenizer\.json: there is no such file among the 2 /],
  [without('config.json'), 'ModelFileNotFoundError', /^config\.json: /],
  [without('model.safetensors'), 'ModelFileNotFoundError', /^model\.safetensors: .*, nor an ONNX graph/],
  [
    without('model.safetensors', { 'pytorch_model.bin': '' }),
    'ModelFileNotFoundError',
    /pytorch_model\.bin is not read/,
  ],
  [without('model.safetensors', { 'model.safetensors.index.json': '' }), 'ModelFileNotFoundError', /only parts of it/],
  [without('config.json', { 'config.json': '{' }), 'CorruptModelError', /^config\.json cannot be read: /],
  [without('config.json', { 'config.json': '{}' }), 'InvalidInputError', /^Expected `dim` to be an integer above 0/],
  [entries({ ...CHECKPOINT, '1_Pooling/config.json': json({ pooling_mode: 'max' }) }), 'WrongModelError', /takes max/],
  [
    entries({
      ...CHECKPOINT,
      '1_Pooling/config.json': json({ pooling_mode_cls_token: true, pooling_mode_max_tokens: true }),
    }),
    'WrongModelError',
    /takes cls_token and max_tokens/,
  ],
  [
    entries({ ...CHECKPOINT, 'modules.json': json([{ type: 'sentence_transformers.models.Dense' }]) }),
    'WrongModelError',
    /layer sentence_transformers\.models\.Dense/,
  ],
  [[7] as never, 'InvalidInputError', /^Expected `files\[0\]` to be a File/],
  [null as never, 'InvalidInputError', /^Expected `files` to be /],
])('what does not do is told by name, %#', async (files, name, message) => {
  await expect(modelFromFiles(files)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
});
