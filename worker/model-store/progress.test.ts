import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LoadEvent } from '../../src/shared/protocol';
import { Progress } from './progress';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const seen: LoadEvent[] = [];
  const progress = new Progress((event) => seen.push(event));
  const loaded = () => seen.map((event) => (event.phase === 'download' ? [event.loaded, event.total] : event.phase));
  return { progress, loaded };
}

test('one total over all files; unknown sizes grow as they become known', () => {
  const { progress, loaded } = setUp();
  const [a, b] = [{}, {}];
  progress.expect(a, 100);
  progress.expect(b, 0);
  progress.set(a, 'a', 10, 100, false);
  vi.advanceTimersByTime(60);
  progress.set(b, 'b', 5, null, false);
  vi.advanceTimersByTime(60);
  progress.set(b, 'b', 20, 50, false);
  expect(loaded()).toEqual([
    [10, 100],
    [15, 105],
    [30, 150],
  ]);
});

test('at most every 50 ms, and what was held back comes then', () => {
  const { progress, loaded } = setUp();
  const a = {};
  for (const n of [1, 2, 3]) progress.set(a, 'a', n, 9, false);
  expect(loaded()).toEqual([[1, 9]]);
  vi.advanceTimersByTime(50);
  expect(loaded()).toEqual([
    [1, 9],
    [3, 9],
  ]);
  vi.advanceTimersByTime(500);
  expect(loaded()).toHaveLength(2);
});

test('the end tells the last, a stop tells nothing more', () => {
  const ended = setUp();
  ended.progress.set(ended, 'a', 1, 9, false);
  ended.progress.set(ended, 'a', 9, 9, false);
  ended.progress.end();
  vi.advanceTimersByTime(500);
  expect(ended.loaded()).toEqual([
    [1, 9],
    [9, 9],
  ]);
  const stopped = setUp();
  stopped.progress.set(stopped, 'a', 1, 9, false);
  stopped.progress.set(stopped, 'a', 9, 9, false);
  stopped.progress.stop();
  vi.advanceTimersByTime(500);
  expect(stopped.loaded()).toEqual([[1, 9]]);
});
