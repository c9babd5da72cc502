import { expect, test } from 'vitest';
import { Turns } from './turns';

test('the higher priority goes first, equal ones take turns, one at a time', async () => {
  const turns = new Turns(() => 1);
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
  const turns = new Turns(() => 1);
  await expect(turns.run(0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.run(0, () => 7)).toBe(7);
});

test('with two slots two run at a time, and an urgent one has a slot of its own', async () => {
  const turns = new Turns((urgent) => (urgent ? 3 : 2));
  const running = new Map<string, () => void>();
  const job = (name: string, priority: number) =>
    turns.run(priority, () => new Promise<void>((done) => running.set(name, done)));
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
  const end = (name: string) => {
    running.get(name)!();
    running.delete(name);
  };
  const all = [job('a', 0), job('b', 0), job('c', 0)];
  await settled();
  expect([...running.keys()]).toEqual(['a', 'b']);
  all.push(job('query', 1), job('next query', 1));
  await settled();
  expect([...running.keys()]).toEqual(['a', 'b', 'query']);
  end('a');
  await settled();
  expect([...running.keys()]).toEqual(['b', 'query', 'next query']);
  end('query');
  await settled();
  expect([...running.keys()]).toEqual(['b', 'next query']);
  end('b');
  await settled();
  expect([...running.keys()]).toEqual(['next query', 'c']);
  end('next query');
  end('c');
  await Promise.all(all);
});
