import { expect, test } from 'vitest';
import { Turns } from './turns';

test('the higher priority goes first, equal ones take turns, one at a time', async () => {
  const turns = new Turns();
  const order: string[] = [];
  let running = 0;
  const job = async (name: string, priority: number, pieces: number) => {
    for (let piece = 0; piece < pieces; piece++)
      await turns.run(priority, async () => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        order.push(`${name}${piece}`);
        running--;
      });
  };
  const bulk = [job('a', 0, 3), job('b', 0, 3)];
  await turns.run(0, () => {});
  await Promise.all([...bulk, job('query', 1, 1)]);
  expect(order.indexOf('query0')).toBeLessThan(3);
  expect(order.filter((name) => name !== 'query0')).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
});

test('a failed turn does not stop the next', async () => {
  const turns = new Turns();
  await expect(turns.run(0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.run(0, () => 7)).toBe(7);
});
