import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from './tokenizer';

const MODELS = ['bge-small-en-v1.5', 'bge-small-zh-v1.5'] as const;

function read(path: string): Buffer {
  return readFileSync(new URL(`../${path}`, import.meta.url));
}

function readModel(model: string): Buffer {
  return read(`public/models/BAAI/${model}/tokenizer.json`);
}

function readGoldens(name: string) {
  return JSON.parse(read(`e2e/goldens/tokenizer/${name}.json`).toString());
}

const english = createTokenizer(readModel('bge-small-en-v1.5'));
const chinese = createTokenizer(readModel('bge-small-zh-v1.5'));

describe.each(MODELS)('%s', (model) => {
  const tokenizer = createTokenizer(readModel(model));

  it('gives the ids and tokens of the reference', () => {
    for (const { text, input_ids, tokens } of readGoldens(model).cases) {
      const actual = tokenizer.tokens(text, 1e6);
      expect({ text, ids: [...actual.ids], tokens: actual.tokens }).toEqual({ text, ids: input_ids, tokens });
    }
  });

  it('cuts and instructs as the reference does', () => {
    const { instruction, cases } = readGoldens(`${model}-truncated`);
    for (const { kind, text, maxLength, input_ids, truncated } of cases) {
      const actual = tokenizer.encode(kind === 'encodeQueries' ? instruction + text : text, maxLength);
      expect({ text, ids: [...actual.ids] }).toEqual({ text, ids: input_ids });
      if (truncated !== undefined) expect({ text, truncated: actual.truncated }).toEqual({ text, truncated });
    }
  });

  it('gives the ids and offsets of the reference for random strings', () => {
    for (const { text, input_ids, offsets } of readGoldens(`${model}-random`).cases) {
      const actual = tokenizer.tokens(text, 1e6);
      expect({ text, ids: [...actual.ids], offsets: [...actual.offsets] }).toEqual({ text, ids: input_ids, offsets });
    }
  });

  it('gives the same ids with and without offsets, at every length', () => {
    for (const { text, input_ids } of readGoldens(model).cases) {
      for (let maxLength = 2; maxLength <= input_ids.length + 1; maxLength++) {
        const truncated = maxLength < input_ids.length;
        const ids = truncated ? [...input_ids.slice(0, maxLength - 1), 102] : input_ids;
        const encoded = tokenizer.encode(text, maxLength);
        const named = tokenizer.tokens(text, maxLength);
        expect({ ids: [...encoded.ids], truncated: encoded.truncated }).toEqual({ ids, truncated });
        expect({ ids: [...named.ids], truncated: named.truncated }).toEqual({ ids, truncated });
        expect([named.tokens.length, named.offsets.length]).toEqual([ids.length, 2 * ids.length]);
      }
    }
  });

  it('takes a lone surrogate for U+FFFD', () => {
    for (const lone of ['\ud800', '\udc00', '\udc00\ud800']) {
      expect(tokenizer.encode(`a${lone}b ${lone}`, 9).ids).toEqual(tokenizer.encode('a\ufffdb \ufffd', 9).ids);
    }
  });
});

describe("with sentence-transformers' Lowercase before BERT's own normaliser", () => {
  const lowered = (model: (typeof MODELS)[number]) => {
    const json = JSON.parse(readModel(model).toString());
    const normalizers = [{ type: 'Lowercase' }, json.normalizer];
    return createTokenizer(JSON.stringify({ ...json, normalizer: { type: 'Sequence', normalizers } }));
  };

  it('gives the same ids where BERT lower-cases', () => {
    const tokenizer = lowered('bge-small-en-v1.5');
    for (const { text, input_ids } of readGoldens('bge-small-en-v1.5').cases)
      expect([...tokenizer.encode(text, 1e6).ids]).toEqual(input_ids);
  });

  it('lower-cases where BERT does not, and leaves accents', () => {
    const tokenizer = lowered('bge-small-zh-v1.5');
    const ids = (text: string) => [...tokenizer.encode(text, 99).ids].slice(1, -1);
    // Of tokenizers 0.22.2.
    expect(ids('NBA 球员 Café İstanbul ΟΔΟΣ')).toEqual([8391, 4413, 1447, 100, 100, 222, 13383, 13392, 13396]);
    expect(ids('ÀÉ Ｂ')).toEqual([100, 8052]);
  });
});

describe('offsets', () => {
  const slices = (text: string, tokenizer = english) => {
    const { tokens, offsets } = tokenizer.tokens(text, 512);
    return tokens.map((token, i) => [token, text.slice(offsets[2 * i], offsets[2 * i + 1])]).slice(1, -1);
  };

  it('point into the given text', () => {
    expect(slices('Ünbelievably İstanbul')).toEqual([
      ['un', 'Ün'],
      ['##bel', 'bel'],
      ['##ie', 'ie'],
      ['##va', 'va'],
      ['##bly', 'bly'],
      ['istanbul', 'İstanbul'],
    ]);
    expect(slices('x 𠀀漢\u200b京!')).toEqual([
      ['x', 'x'],
      ['[UNK]', '𠀀'],
      ['漢', '漢'],
      ['京', '京'],
      ['!', '!'],
    ]);
    expect(slices('a[MASK]é')).toEqual([
      ['a', 'a'],
      ['[MASK]', '[MASK]'],
      ['e', 'é'],
    ]);
    expect(slices('a\u0301b\u0000c').map(([, slice]) => slice)).toEqual(['a\u0301b\u0000c']);
  });

  it('name all of a syllable for each part of it', () => {
    expect(slices('한').map(([, slice]) => slice)).toEqual(['한', '한', '한']);
  });

  it('are 0 for the tokens around the text', () => {
    expect([...english.tokens('ab', 3).offsets]).toEqual([0, 0, 0, 2, 0, 0]);
  });

  it('give slices that normalise to their token', () => {
    for (const [name, tokenizer] of [
      ['bge-small-en-v1.5', english],
      ['bge-small-zh-v1.5', chinese],
    ] as const) {
      for (const { text } of readGoldens(name).cases) {
        for (const [token, slice] of slices(text, tokenizer)) {
          if (token === '[UNK]' || /^(##)?[\u1100-\u11ff]/.test(token!)) continue;
          const again = tokenizer.tokens(slice!, 512).tokens.slice(1, -1).join('').replaceAll('##', '');
          expect({ text, again }).toEqual({ text, again: token!.replace(/^##(?=.)/, '') });
        }
      }
    }
  });
});

describe('endless texts', () => {
  const million = 1_000_000;
  const cases: [string, string, number, boolean][] = [
    ['sentences', 'The quick brown fox. '.repeat(million / 2), 512, true],
    ['spaces', ' '.repeat(10 * million), 2, false],
    ['one word', 'a'.repeat(10 * million), 3, false],
    ['one syllabic word', '한'.repeat(10 * million), 3, false],
    ['accents', `a${'\u0301\u0323'.repeat(5 * million)}`, 3, false],
    ['special tokens', '[SEP]'.repeat(2 * million), 512, true],
    ['brackets', '['.repeat(10 * million), 512, true],
    ['a token after spaces', `${' '.repeat(10 * million)}[MASK]`, 3, false],
  ];
  it.each(cases)('%s', (_, text, tokens, truncated) => {
    const start = performance.now();
    const actual = english.encode(text, 512);
    expect([actual.ids.length, actual.truncated]).toEqual([tokens, truncated]);
    // Takes some 50 ms; anything quadratic takes hours.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('a broken tokenizer.json', () => {
  const json = JSON.parse(readModel('bge-small-en-v1.5').toString());
  const broken: [string, string | Uint8Array, RegExp][] = [
    ['empty', '', /not valid JSON/],
    ['cut', readModel('bge-small-en-v1.5').subarray(0, 1000), /not valid JSON/],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /not valid JSON/],
    ['a web page', '<!doctype html>', /not valid JSON/],
    ['null', 'null', /the file is not an object/],
    ['no model', without('model'), /model is not an object/],
    ['no normalizer', without('normalizer'), /normalizer is not an object/],
    ['no pre-tokenizer', without('pre_tokenizer'), /pre_tokenizer is not an object/],
    ['no post-processor', without('post_processor'), /post_processor is not an object/],
    ['another model', withModel({ type: 'BPE' }), /model "BPE" is not supported/],
    [
      'another normalizer',
      JSON.stringify({ ...json, normalizer: { type: 'NFC' } }),
      /normalizer "NFC" is not supported/,
    ],
    ['a model without type', withModel({ type: undefined }), /model without a type is not supported/],
    ['no vocabulary', withModel({ vocab: undefined }), /model\.vocab is not an object/],
    ['an id that is none', withModel({ vocab: { '[UNK]': 1.5 } }), /model\.vocab\["\[UNK\]"\] is not a token id/],
    ['no unknown token', withModel({ vocab: { a: 1 } }), /the id of "\[UNK\]" is not a token id/],
    [
      'a wrong added token',
      JSON.stringify({ ...json, added_tokens: [{ id: 1 }] }),
      /added_tokens\[0\]\.content is not a string/,
    ],
    [
      'an added token found after normalisation',
      JSON.stringify({ ...json, added_tokens: [{ id: 1, content: 'x', normalized: true }] }),
      /"x" is "normalized", which is not supported/,
    ],
    [
      'no place for the text',
      JSON.stringify({ ...json, post_processor: { ...json.post_processor, single: [] } }),
      /no place for the text/,
    ],
  ];

  it.each(broken)('%s', (_, file, message) => {
    expect(() => createTokenizer(file)).toThrow(
      expect.objectContaining({ name: 'CorruptTokenizerError', message: expect.stringMatching(message) }),
    );
  });

  function without(part: string): string {
    return JSON.stringify({ ...json, [part]: undefined });
  }

  function withModel(changes: object): string {
    return JSON.stringify({ ...json, model: { ...json.model, ...changes } });
  }
});
