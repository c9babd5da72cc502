import { expect, test } from 'vitest';
import { ChineseWords, englishOf, isChinese } from './chinese';

const FILE = '噴漿\n喷浆\n喷出\tspout\n岩浆\tmagma\n的\t\n山\tmountain\n火山\tvolcano\n火\tfire\n活火山\tvolcano';
const words = new ChineseWords(FILE);

test('a description is read word by word; traditional characters are as good, and shown as they came', () => {
  expect(words.read('喷出岩浆的山')).toEqual([
    { source: '喷出', gloss: 'spout' },
    { source: '岩浆', gloss: 'magma' },
    { source: '的', gloss: '' },
    { source: '山', gloss: 'mountain' },
  ]);
  expect(words.read('噴出岩漿').map(({ source }) => source)).toEqual(['噴出', '岩漿']);
  expect(englishOf(words.read('噴出岩漿的山'))).toBe('spout magma mountain');
});

test('what is not Chinese stands for itself; marks and what is not known are left out', () => {
  expect(englishOf(words.read('像 Etna 的火山！'))).toBe('Etna volcano');
  expect(englishOf(words.read('，的'))).toBe('');
  expect(words.read('')).toEqual([]);
});

test('an English word has Chinese ones, of two characters first', () => {
  expect(words.wordsFor('volcano')).toEqual(['火山', '活火山']);
  expect(words.wordsFor('unheard of')).toEqual([]);
});

test('one Chinese character makes a description Chinese', () => {
  expect(isChinese('a 山')).toBe(true);
  expect(isChinese('fjäll')).toBe(false);
});
