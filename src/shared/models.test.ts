import { expect, test } from 'vitest';
import { findModel, registerModel } from './models.js';

const ENGLISH = 'Represent this sentence for searching relevant passages: ';
const CHINESE = '为这个句子生成表示以用于检索相关文章：';

// FlagEmbedding's model list.
test.each([
  ['bge-small-en-v1.5', 384, ENGLISH],
  ['bge-base-en-v1.5', 768, ENGLISH],
  ['bge-large-en-v1.5', 1024, ENGLISH],
  ['bge-small-zh-v1.5', 512, CHINESE],
  ['bge-base-zh-v1.5', 768, CHINESE],
  ['bge-large-zh-v1.5', 1024, CHINESE],
  ['bge-small-en', 384, ENGLISH],
  ['bge-base-en', 768, ENGLISH],
  ['bge-large-en', 1024, ENGLISH],
  ['bge-small-zh', 512, CHINESE],
  ['bge-base-zh', 768, CHINESE],
  ['bge-large-zh', 1024, CHINESE],
  ['bge-large-zh-noinstruct', 1024, ''],
])('%s', (name, dim, queryInstruction) => {
  expect(findModel(`BAAI/${name}`)).toMatchObject({ dim, queryInstruction, pooling: 'cls', maxLength: 512 });
  expect(findModel(`Xenova/${name}`)).toMatchObject({ id: `BAAI/${name}`, dim });
  expect(findModel(`onnx-community/${name}-ONNX`).hub.repo).toBe(`onnx-community/${name}-ONNX`);
});

test('bge-m3 in its layouts', () => {
  const m3 = { dim: 1024, queryInstruction: '', maxLength: 8192, heads: ['sparse', 'colbert'], task: 'embed' };
  expect(findModel('BAAI/bge-m3')).toMatchObject(m3);
  expect(findModel('BAAI/bge-m3').hub).toMatchObject({ repo: 'Xenova/bge-m3', headRepo: 'BAAI/bge-m3' });
  expect(findModel('gpahal/bge-m3-onnx-int8')).toMatchObject({
    ...m3,
    hub: { graphs: { q8: 'model_quantized.onnx' } },
  });
});

test.each([
  ['bge-reranker-base', 'Xenova/bge-reranker-base', 512],
  ['bge-reranker-large', 'Xenova/bge-reranker-large', 512],
  ['bge-reranker-v2-m3', 'onnx-community/bge-reranker-v2-m3-ONNX', 8192],
])('%s', (name, repo, maxLength) => {
  expect(findModel(`BAAI/${name}`)).toMatchObject({ task: 'rerank', dim: 1, maxLength, hub: { repo } });
});

test('a registered model has BGE’s defaults, and hashes where they are given', () => {
  const sha256 = 'a'.repeat(64);
  registerModel({ id: 'me/mine', dim: 384, revision: 'v2', files: { 'onnx/model.onnx': { bytes: 5, sha256 } } });
  const model = findModel('me/mine');
  expect(model).toMatchObject({ task: 'embed', builtIn: false, heads: [] });
  expect(model).toMatchObject({ pooling: 'cls', queryInstruction: '', maxLength: 512, hub: { revision: 'v2' } });
  expect(model.hub.known).toEqual({ 'onnx/model.onnx': { bytes: 5, sha256 } });
});

test.each([
  [{ id: 'mine', dim: 384 }, 'id'],
  [{ id: 'me/mine', dim: 0 }, 'dim'],
  [{ id: 'me/mine', dim: 384, maxLength: 1 }, 'maxLength'],
  [{ id: 'me/mine', dim: 384, pooling: 'last' as 'cls' }, 'pooling'],
  [{ id: 'me/mine' }, 'dim'],
  [{ id: 'me/mine', task: 'rerank' as const, dim: 384 }, 'dim'],
  [{ id: 'me/mine', task: 'classify' as 'embed', dim: 384 }, 'task'],
  [{ id: 'me/mine', dim: 384, heads: ['lexical' as 'sparse'] }, 'heads'],
  [{ id: 'me/mine', dim: 384, graphs: { int8: 'model.onnx' } as object }, 'graphs'],
])('a wrong description is refused: %o', (description, what) => {
  expect(() => registerModel(description)).toThrow(`Expected \`${what}\``);
});

test('an unknown model is refused with the list of the known ones', () => {
  expect(() => findModel('BAAI/bge-small-fr')).toThrow(/Known: BAAI\/bge-small-en-v1.5, /);
});
