import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lines, sentences, words } from './segment';

const terms = (text: string) => [...words(text)].map(({ term }) => term);
const slices = (text: string, spans: Iterable<{ start: number; end: number }>) =>
  [...spans].map(({ start, end }) => text.slice(start, end));

test('words of scripts with and without spaces', () => {
  expect(terms("Don't RESET node.js, 2.1!")).toEqual(["don't", 'reset', 'node.js', '2.1']);
  expect(terms('北京大学的学生')).toEqual(['北京', '大学', '的', '学生']);
  expect(terms('東京都に住んでいます')).toContain('東京');
  expect(terms('ประเทศไทยสวยงาม')).toEqual(['ประเทศไทย', 'สวยงาม']);
  expect(terms('ＡＢＣ ﬁle Straße ÉCOLE')).toEqual(['abc', 'file', 'straße', 'école']);
  expect(terms('🙂 … —')).toEqual([]);
});

test('sentences go over line breaks, and have no spaces around them', () => {
  const text = '  One sentence,\nwrapped. Two!\n\n你好。再见！ Last';
  expect(slices(text, sentences(text))).toEqual(['One sentence,\nwrapped.', 'Two!', '你好。', '再见！', 'Last']);
  expect(slices('a\r\n  b \n\n c', lines('a\r\n  b \n\n c'))).toEqual(['a', 'b', 'c']);
});

test('windows change nothing: words and sentences are those of the whole text', () => {
  const text = 'The quick brown fox jumps over the lazy dog. 我想知道怎么重新启动。 '.repeat(60);
  const whole = (granularity: 'word' | 'sentence') => [...new Intl.Segmenter(undefined, { granularity }).segment(text)];
  expect(slices(text, words(text))).toEqual(
    whole('word')
      .filter(({ isWordLike }) => isWordLike)
      .map(({ segment }) => segment),
  );
  expect(slices(text, sentences(text))).toEqual(whole('sentence').map(({ segment }) => segment.trim()));
});

test('every letter and digit of any text is in one word and one sentence, in order', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 900 }),
    fc
      .array(fc.constantFrom('a', 'Word', ' ', '. ', '漢', '。', '\n', '😀', 'é', '7', 'ก', '"'), { maxLength: 900 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      for (const spans of [[...words(text)], [...sentences(text)]]) {
        let end = 0;
        let between = '';
        for (const span of spans) {
          expect(span.start).toBeGreaterThanOrEqual(end);
          expect(span.end).toBeGreaterThan(span.start);
          between += text.slice(end, span.start);
          end = span.end;
        }
        expect(`${between}${text.slice(end)}`).not.toMatch(/[a-zA-Z0-9漢]/);
      }
    }),
    { numRuns: 200 },
  );
});

test('a text of a million characters takes time that grows with its length', () => {
  const start = performance.now();
  expect([...words('word '.repeat(200_000))]).toHaveLength(200_000);
  expect([...sentences('A sentence. '.repeat(80_000))]).toHaveLength(80_000);
  expect([...words('x'.repeat(1_000_000))].length).toBeLessThan(4_000);
  expect(performance.now() - start).toBeLessThan(20_000); // in one piece: minutes
});
