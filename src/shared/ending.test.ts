import { expect, test } from 'vitest';
import { Ending } from './ending.js';

test('work that is done before the end settles as it does', async () => {
  const ending = new Ending();
  expect(await ending.race(Promise.resolve(7))).toBe(7);
  await expect(ending.race(Promise.reject(new Error('its own')))).rejects.toThrow('its own');
});

test('the end rejects all that race, and all that come later, with its first reason', async () => {
  const ending = new Ending();
  const pending = [ending.race(new Promise(() => {})), ending.race(new Promise(() => {}))];
  ending.come(new Error('first'));
  ending.come(new Error('second'));
  for (const call of pending) await expect(call).rejects.toThrow('first');
  await expect(ending.race(Promise.resolve(7))).rejects.toThrow('first');
  expect(ending.hasCome).toBe(true);
});
