import { expect, test } from 'vitest';
import { evaluate } from '../../src/training';
import { failuresOf, firstPlace, whatCame } from './failures';
import { ticksOf } from './ticks';

const documents = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, title: '', text: id }));
const qrels = { good: { a: 1 }, late: { b: 1, a: 0 }, lost: { c: 1, d: 1 }, graded: { a: 2, b: 1 } };
const rankings = {
  good: [{ id: 'a', score: 9 }],
  late: ['a', 'c', 'b', 'd'].map((id, i) => ({ id, score: 9 - i })),
  lost: ['e', 'd', 'a'].map((id, i) => ({ id, score: 9 - i })),
  graded: ['b', 'a', 'c'].map((id, i) => ({ id, score: 9 - i })),
};
const evaluation = evaluate(rankings, qrels, { k: [10] });
const result = {
  set: { documents, queries: { good: 'good', late: 'late', lost: 'lost', graded: 'graded' }, qrels },
  rankings: { dense: rankings, lexical: rankings, hybrid: rankings },
  evaluations: { dense: evaluation, lexical: evaluation, hybrid: evaluation },
};

test('the failing queries: the worst first, where each answer came, and what stands before the last of them', () => {
  const shown = failuresOf(result, 'hybrid').map(({ id }) => {
    const { wanted, instead } = whatCame(result, 'hybrid', id);
    return [id, ...[wanted, instead].map((all) => all.map(({ document, place }) => `${document.id} ${place}`).join())];
  });
  expect(shown).toEqual([
    ['lost', 'd 2,c null', 'e 1,a 3'],
    ['late', 'b 3', 'a 1,c 2'],
    ['graded', 'b 1,a 2', ''],
  ]);
  expect(Object.keys(qrels).map((id) => firstPlace(result, 'dense', id))).toEqual([1, 3, 2, 1]);
});

test('ticks are round numbers, and where they belong', () => {
  const texts = (...limits: Parameters<typeof ticksOf>) => ticksOf(...limits).map(({ text }) => text);
  expect(texts(0, 1)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  expect(texts(0.5, 1)).toEqual(['0.5', '0.6', '0.7', '0.8', '0.9', '1.0']);
  expect(texts(0, 5)).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(texts(-1, 1)).toEqual(['−1.0', '−0.5', '0.0', '0.5', '1.0']);
  expect(texts(0, 3, 1)).toEqual(['0', '1', '2', '3']);
  expect(texts(0, 97, 1)).toEqual(['0', '20', '40', '60', '80']);
  expect(ticksOf(0.5, 1).map(({ at }) => at.toFixed(1))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
});
