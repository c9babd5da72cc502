import { expect, test } from 'vitest';
import { findModel, registerModel } from '../src/shared/models';
import { type Build, buildsOf, headFiles, mainFile, sourcesOf } from './builds';

const ways = (builds: readonly Build[], device: 'wasm' | 'webgpu') =>
  builds
    .filter(({ devices }) => devices.includes(device))
    .map((build) => [build.engine, build.dtype, mainFile(build).path].join(' '));

test('a published model: our engine first, int8 before float32', () => {
  const model = findModel('BAAI/bge-base-en-v1.5');
  const builds = buildsOf(model.hub, model);
  expect(ways(builds, 'wasm')).toEqual([
    'wasm q8 onnx/model_quantized.onnx',
    'ort q8 onnx/model_quantized.onnx',
    'wasm q8 onnx/model_fp16.onnx',
    'wasm q8 onnx/model.onnx',
    'wasm fp32 onnx/model.onnx',
    'ort fp32 onnx/model.onnx',
  ]);
  expect(ways(builds, 'webgpu')).toEqual([
    'ort fp16 onnx/model_fp16.onnx',
    'ort fp32 onnx/model.onnx',
    'ort q4f16 onnx/model_q4f16.onnx',
  ]);
});

test('a registered model may be a checkpoint', () => {
  const model = registerModel({ id: 'me/mine', dim: 384, graphs: {} });
  const builds = buildsOf(model.hub, model);
  expect(ways(builds, 'wasm')).toEqual(['wasm q8 model.safetensors', 'wasm fp32 model.safetensors']);
  expect(sourcesOf(builds[0]!)).toEqual([{ path: 'model.safetensors' }, { path: 'config.json' }]);
  expect(ways(builds, 'webgpu')).toEqual([]);
});

test('a model of our own making: one set of weights for all', () => {
  const model = findModel('BAAI/bge-small-zh-v1.5');
  const builds = buildsOf(model.own!, model);
  expect(ways(builds, 'wasm')).toEqual(['wasm q8 onnx/model_quantized.onnx', 'ort q8 onnx/model_cls.onnx']);
  expect(ways(builds, 'webgpu')).toEqual(['ort q8 onnx/model_webgpu.onnx']);
  expect(builds.map((build) => sourcesOf(build).map(({ path }) => path))).toEqual([
    ['onnx/model_quantized.onnx', 'onnx/model_webgpu.json'],
    ['onnx/model_cls.onnx', 'onnx/model_quantized.onnx'],
    ['onnx/model_webgpu.onnx', 'onnx/model_quantized.onnx', 'onnx/model_webgpu.json'],
  ]);
});

test('the heads of M3 lie where its authors have them', () => {
  expect(headFiles(findModel('BAAI/bge-m3').hub, 'sparse')).toEqual([
    { path: 'sparse_linear.safetensors', repo: 'BAAI/bge-m3' },
    { path: 'sparse_linear.pt', repo: 'BAAI/bge-m3' },
  ]);
});
