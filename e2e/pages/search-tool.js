// What the tests of the search do in the page. They reach it by `window.search`.
import * as search from '/dist/search.js';

/** Numbers of the same kind for the same word: an embedder that costs nothing, for tests of what is stored. @param {string} text */
function vectorOf(text) {
  const vector = new Float32Array(16);
  for (const word of text.match(/\w+/g) ?? [])
    vector[[...word].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 16]++;
  return vector;
}

/** As an embedder, with a delay of so many ms a call. */
const wordEmbedder = ({ space = 'test/words@1/16', delay = 0 } = {}) => {
  const embed = async (texts) => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    embedded.push(...texts);
    return { data: Float32Array.from(texts.flatMap((text) => [...vectorOf(text)])), space };
  };
  const embedded = [];
  return {
    info: { space, dim: 16, maxLength: 512 },
    embedded,
    encodeCorpus: embed,
    encodeQueries: async (texts) => ({ data: Float32Array.from(texts.flatMap((text) => [...vectorOf(text)])), space }),
    tokenize: async (texts) =>
      texts.map((text) => ({ ids: (text.match(/\w+/g) ?? []).concat('', ''), truncated: false })),
  };
};

/** `count` documents of one passage each, from the number `first` on. */
const documents = (count, first = 0) =>
  Array.from({ length: count }, (_, i) => ({ id: `d${first + i}`, text: `document number ${first + i} of many` }));

Object.assign(window, { search: { ...search, wordEmbedder, documents } });
