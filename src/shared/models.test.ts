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

test('bge-m3', () => {
  expect(findModel('BAAI/bge-m3')).toMatchObject({ dim: 1024, queryInstruction: '', maxLength: 8192 });
});

test('a registered model has BGE’s defaults, and hashes where they are given', () => {
  const sha256 = 'a'.repeat(64);
  registerModel({ id: 'me/mine', dim: 384, revision: 'v2', files: { 'onnx/model.onnx': { bytes: 5, sha256 } } });
  const model = findModel('me/mine');
  expect(model).toMatchObject({ pooling: 'cls', queryInstruction: '', maxLength: 512, hub: { revision: 'v2' } });
  expect(model.hub.builds.find(({ dtype }) => dtype === 'fp32')?.graph).toEqual({
    path: 'onnx/model.onnx',
    bytes: 5,
    sha256,
  });
});

test.each([
  [{ id: 'mine', dim: 384 }, 'id'],
  [{ id: 'me/mine', dim: 0 }, 'dim'],
  [{ id: 'me/mine', dim: 384, maxLength: 1 }, 'maxLength'],
  [{ id: 'me/mine', dim: 384, pooling: 'last' as 'cls' }, 'pooling'],
])('a wrong description is refused: %o', (description, what) => {
  expect(() => registerModel(description)).toThrow(`Expected \`${what}\``);
});

test('an unknown model is refused with the list of the known ones', () => {
  expect(() => findModel('BAAI/bge-small-fr')).toThrow(/Known: BAAI\/bge-small-en-v1.5, /);
});
