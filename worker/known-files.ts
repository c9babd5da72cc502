import type { KnownFiles } from '../src/shared/models';

const TOKENIZER_EN = { bytes: 711_396, sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66' };
const TOKENIZER_ZH = { bytes: 439_125, sha256: '48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26' };

/**
 * Sizes and SHA-256 by repository@revision: of what Xenova published, and of what scripts/prepare-models made. What
 * arrives must match; files that are not here are recorded at first use.
 */
export const knownFiles: Readonly<Record<string, KnownFiles>> = {
  'Xenova/bge-small-en-v1.5@main': {
    'tokenizer.json': TOKENIZER_EN,
    'onnx/model.onnx': {
      bytes: 133_093_490,
      sha256: '828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35',
    },
    'onnx/model_quantized.onnx': {
      bytes: 34_014_426,
      sha256: '6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4',
    },
  },

  'Xenova/bge-small-zh-v1.5@main': {
    'tokenizer.json': TOKENIZER_ZH,
    'onnx/model.onnx': {
      bytes: 94_851_877,
      sha256: '69a0b846f4f116b5e6aabf9546ea6754d02264f3211a13a1bd69b31b8040749a',
    },
    'onnx/model_quantized.onnx': {
      bytes: 24_010_842,
      sha256: '15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc',
    },
  },

  'BAAI/bge-small-en-v1.5@bge-web-1': {
    'tokenizer.json': TOKENIZER_EN,
    'onnx/model_quantized.onnx': {
      bytes: 34_665_229,
      sha256: '69ef7cad8a70f8f8e67c030255d9edada7e025678cc9fb65618e38cb4eafa6cf',
    },
    'onnx/model_cls.onnx': {
      bytes: 79_831,
      sha256: '4c7f89aad49d5e8a0ae72bc469f026f2850dc33b378646e1c3009bda5bcbdb3a',
    },
    'onnx/model_webgpu.onnx': {
      bytes: 36_267,
      sha256: '32d8830e69ea70eb34d5f80bb73f02517ac8eb2fe0e6c3dee53b434c2538e364',
    },
    'onnx/model_webgpu.json': {
      bytes: 20_243,
      sha256: '4cefccb7359edff878d471c8c82a21a5f109e2d64084e2eedef2ca738eed7ff8',
    },
  },

  'BAAI/bge-small-zh-v1.5@bge-web-1': {
    'tokenizer.json': TOKENIZER_ZH,
    'onnx/model_quantized.onnx': {
      bytes: 24_859_148,
      sha256: '543cf8329bb916fb4407865c154b42d3ee100f4d9475ec6f2bedb53706c1f488',
    },
    'onnx/model_cls.onnx': {
      bytes: 27_982,
      sha256: 'b1c689815598e671c752a7cc52e1f723bfd7870edc480d18ffa2f147e7822fb1',
    },
    'onnx/model_webgpu.onnx': {
      bytes: 13_010,
      sha256: '762a92ce27f7fd3522b3f2a355d49df829cba45a6b71c55f5326753d755331c4',
    },
    'onnx/model_webgpu.json': {
      bytes: 7_197,
      sha256: 'fd6ec48bef02f15a8bced4f56d0d4b1b0be72823c4121b2e2dd6deefecbf964b',
    },
  },
};
