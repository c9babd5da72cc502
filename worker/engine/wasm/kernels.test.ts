import { setFlagsFromString } from 'node:v8';
import { beforeAll, describe, expect, test } from 'vitest';
import { checks, relaxedChecks, use } from './checks';
import { Heap, hasRelaxed } from './heap';

// Node 20 has relaxed SIMD behind a flag, and its dot product is wrong there; e2e/kernels.spec.ts checks it in a browser.
const isShipped = await hasRelaxed();
if (!isShipped) setFlagsFromString('--experimental-wasm-relaxed-simd');

describe.each([
  ['plain', false],
  ['relaxed', true],
] as const)('%s', (_, isRelaxed) => {
  beforeAll(async () => use(await Heap.start(isRelaxed)));
  test.each(Object.entries(checks))('%s', (_, check) => expect(check).not.toThrow());
});

describe.skipIf(!isShipped)('relaxed only', () => {
  beforeAll(async () => use(await Heap.start(true)));
  test.each(Object.entries(relaxedChecks))('%s', (_, check) => expect(check).not.toThrow());
});
