import type { KnownFiles } from './models.js';

const TOKENIZER_EN = { bytes: 711_396, sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66' };
const TOKENIZER_ZH = { bytes: 439_125, sha256: '48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26' };

/** Xenova/bge-small-en-v1.5 as published. */
export const SMALL_EN_HUB: KnownFiles = {
  'tokenizer.json': TOKENIZER_EN,
  'onnx/model.onnx': { bytes: 133_093_490, sha256: '828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35' },
  'onnx/model_quantized.onnx': {
    bytes: 34_014_426,
    sha256: '6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4',
  },
};

/** Xenova/bge-small-zh-v1.5 as published. */
export const SMALL_ZH_HUB: KnownFiles = {
  'tokenizer.json': TOKENIZER_ZH,
  'onnx/model.onnx': { bytes: 94_851_877, sha256: '69a0b846f4f116b5e6aabf9546ea6754d02264f3211a13a1bd69b31b8040749a' },
  'onnx/model_quantized.onnx': {
    bytes: 24_010_842,
    sha256: '15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc',
  },
};

/** public/models/BAAI/bge-small-en-v1.5, made by scripts/prepare-models. */
export const SMALL_EN_OWN: KnownFiles = { 'tokenizer.json': TOKENIZER_EN };

/** public/models/BAAI/bge-small-zh-v1.5, made by scripts/prepare-models. */
export const SMALL_ZH_OWN: KnownFiles = { 'tokenizer.json': TOKENIZER_ZH };
