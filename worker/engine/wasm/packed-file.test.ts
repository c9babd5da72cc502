import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { HeadedEncoder } from './heads';
import { readOnnxWeights } from './onnx/read';
import { packedFile, packedName, readPackedFile } from './packed-file';

const graph = gunzipSync(readFileSync(new URL('../../../e2e/models/encoders/reranker.onnx.gz', import.meta.url)));
const open = () => HeadedEncoder.open(readOnnxWeights(new Uint8Array(graph), []), 'i16', 'cls');
const batch = { ids: Int32Array.of(0, 5, 6, 7, 2), lengths: [5] };

test('a packed encoder gives the same numbers to the last bit', async () => {
  const encoder = await open();
  const again = await HeadedEncoder.from(readPackedFile(packedFile(encoder.view())));
  expect(again.run(batch, ['dense', 'logits'])).toEqual(encoder.run(batch, ['dense', 'logits']));
  expect(again.bytes).toBe(encoder.bytes);
});

// Browsers have files of this form from earlier versions: where it has become another one, FORMAT must rise.
test('the form is the one that its number stands for', async () => {
  const digest = createHash('sha256')
    .update(packedFile((await open()).view()))
    .digest('hex');
  expect([packedName({ task: 'embed', pooling: 'cls' }, 'i16'), digest.slice(0, 16)]).toEqual([
    'packed-embed-cls-i16-1',
    '24298d5ba5a36f61',
  ]);
});
