// The texts: made up, the same in every run and for every contender.

/** Every word is one token of the model, so that lengths come out as wanted. */
const WORDS = {
  determiner: ['the', 'a', 'this', 'every', 'our', 'another'],
  adjective: [
    ...['old', 'small', 'early', 'open', 'public', 'quiet', 'heavy', 'modern', 'local', 'deep', 'warm', 'bright'],
    ...['careful', 'common', 'northern', 'wooden', 'foreign', 'simple', 'narrow', 'formal'],
  ],
  noun: [
    ...['river', 'engine', 'market', 'teacher', 'garden', 'library', 'winter', 'machine', 'letter', 'bridge', 'doctor'],
    ...['village', 'forest', 'budget', 'protein', 'planet', 'museum', 'railway', 'student', 'painter', 'island', 'law'],
    ...['storm', 'language', 'harbor', 'theory', 'kitchen', 'road', 'battery', 'signal', 'farmer', 'city', 'novel'],
  ],
  verb: [
    ...['crossed', 'changed', 'described', 'followed', 'reached', 'opened', 'carried', 'measured', 'rejected', 'built'],
    ...['explained', 'covered', 'visited', 'improved', 'remembered', 'left', 'found', 'supported'],
  ],
  preposition: ['near', 'behind', 'after', 'before', 'under', 'beyond', 'against', 'within', 'despite'],
};

/** @type {(keyof typeof WORDS | ',' | '.')[][]} */
const SENTENCES = [
  ['determiner', 'adjective', 'noun', 'verb', 'determiner', 'noun', '.'],
  ['determiner', 'noun', 'verb', 'determiner', 'adjective', 'noun', 'preposition', 'determiner', 'noun', '.'],
  ['preposition', 'determiner', 'noun', ',', 'determiner', 'noun', 'verb', 'determiner', 'adjective', 'noun', '.'],
];

/** Log-uniform from 8 to 400 tokens, of which the mean is 100. */
const lengthAt = (/** @type {number} */ quantile) => Math.round(8 * 50 ** quantile);

/**
 * `count` slices of `size` texts; the lengths within each slice are spread alike, so that slices can stand for each other.
 * @param {number} count @param {number} size @returns {string[][]}
 */
export function makeCorpus(count, size) {
  const random = randomFrom(2024);
  return Array.from({ length: count }, () => {
    const lengths = Array.from({ length: size }, (_, index) => lengthAt((index + random()) / size));
    return shuffle(lengths, random).map((length) => makeText(length, random));
  });
}

/** @param {number} count @param {number} tokens @param {number} seed @returns {string[]} */
export function makeQueries(count, tokens, seed) {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => makeText(tokens, random));
}

/** @param {number} tokens with the two special ones @param {() => number} random */
function makeText(tokens, random) {
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)]);
  /** @type {string[]} */
  const words = [];
  while (words.length < tokens - 2) {
    for (const part of pick(SENTENCES)) words.push(part === ',' || part === '.' ? part : pick(WORDS[part]));
  }
  return words
    .slice(0, tokens - 2)
    .join(' ')
    .replace(/ ([,.])/g, '$1');
}

/** @template T @param {T[]} list @param {() => number} random @returns {T[]} */
function shuffle(list, random) {
  const keyed = list.map((value) => ({ value, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

/** Mulberry32. @param {number} seed @returns {() => number} from 0 to 1 */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
