import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../tokenizer';

function read(name: string): Buffer {
  return readFileSync(new URL(`../../e2e/goldens/tokenizer/${name}`, import.meta.url));
}

const json = JSON.parse(gunzipSync(read('bge-m3-tokenizer.json.gz')).toString());
const [precompiled] = json.normalizer.normalizers;

const m3 = createTokenizer(JSON.stringify(json));
/** The file of bge-reranker-v2-m3 differs from bge-m3's in these two parts. */
const reranker = createTokenizer(
  JSON.stringify({
    ...json,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        precompiled,
        { type: 'Strip', strip_left: false, strip_right: true },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
      ],
    },
    pre_tokenizer: { ...json.pre_tokenizer, prepend_scheme: 'always' },
  }),
);

const { cases } = JSON.parse(read('bge-m3.json').toString());

describe('XLM-RoBERTa', () => {
  it('gives the ids of the reference for bge-m3', () => {
    for (const { text, input_ids } of cases) {
      expect({ text, ids: [...m3.encode(text, 1e6).ids] }).toEqual({ text, ids: input_ids });
    }
  });

  it('gives the ids of the reference for bge-reranker-v2-m3', () => {
    for (const { text, input_ids, input_ids_reranker_v2_m3 = input_ids } of cases) {
      expect({ text, ids: [...reranker.encode(text, 1e6).ids] }).toEqual({ text, ids: input_ids_reranker_v2_m3 });
    }
  });

  it.each([
    ['bge-m3', m3],
    ['bge-reranker-v2-m3', reranker],
  ] as const)('gives the ids of the reference for random strings: %s', (name, tokenizer) => {
    for (const { text, input_ids } of JSON.parse(read(`${name}-random.json`).toString()).cases) {
      expect({ text, ids: [...tokenizer.encode(text, 1e6).ids] }).toEqual({ text, ids: input_ids });
    }
  });

  it('cuts at every length', () => {
    for (const { text, input_ids } of cases) {
      for (const maxLength of [2, 3, input_ids.length - 1, input_ids.length, input_ids.length + 1]) {
        if (maxLength < 2) continue;
        const truncated = maxLength < input_ids.length;
        const ids = truncated ? [...input_ids.slice(0, maxLength - 1), 2] : input_ids;
        const actual = m3.encode(text, maxLength);
        expect({ text, ids: [...actual.ids], truncated: actual.truncated }).toEqual({ text, ids, truncated });
      }
    }
  });

  it('points into the given text', () => {
    const text = 'ﬁne  ｶﾞ <mask>𐍈𐍈x';
    const { tokens, offsets } = m3.tokens(text, 512);
    expect(tokens.map((token, i) => [token, text.slice(offsets[2 * i], offsets[2 * i + 1])])).toEqual([
      ['<s>', ''],
      ['▁fine', 'ﬁne'],
      ['▁', ' '],
      ['カ', 'ｶ'],
      ['\u3099', 'ﾞ'],
      ['<mask>', ' <mask>'],
      ['▁', '𐍈'],
      ['<unk>', '𐍈𐍈'],
      ['x', 'x'],
      ['</s>', ''],
    ]);
  });

  it('cuts a long word without spaces as one', () => {
    const word = '园丁正在旧温室后面给番茄浇水邻居家的猫整个下午都睡在窗台上';
    const whole = m3.encode(word.repeat(200), 1e6).ids;
    expect([...m3.encode(word.repeat(200), 512).ids.slice(0, -1)]).toEqual([...whole.slice(0, 511)]);
  });

  const endless: [string, string, number][] = [
    ['spaces', ' '.repeat(3e6), 3],
    ['one letter', 'a'.repeat(3e6), 512],
    ['one unknown letter', '𓀀'.repeat(1e6), 4],
    ['accents', `a${'\u0301\u0323'.repeat(1e6)}`, 512],
    ['Chinese', '北京大学'.repeat(1e6), 512],
  ];
  it.each(endless)('reads endless %s', (_, text, tokens) => {
    expect(m3.encode(text, 512).ids.length).toBe(tokens);
  });
});

describe('a broken tokenizer.json of XLM-RoBERTa', () => {
  const withNormalizers = (...normalizers: object[]) => ({ normalizer: { type: 'Sequence', normalizers } });
  const [, replace] = json.normalizer.normalizers;
  const small = { ...json, model: { ...json.model, vocab: json.model.vocab.slice(0, 10) } };
  const broken: [string, object, RegExp][] = [
    [
      'a charsmap that is not base64',
      withNormalizers({ ...precompiled, precompiled_charsmap: '*' }, replace),
      /not base64/,
    ],
    [
      'a cut charsmap',
      withNormalizers({ ...precompiled, precompiled_charsmap: 'ALQCAAAA' }, replace),
      /precompiled_charsmap is cut/,
    ],
    ['another order', withNormalizers(replace, precompiled), /order of normalizers/],
    ['another normalizer', withNormalizers(precompiled, { type: 'Lowercase' }, replace), /"Lowercase"/],
    ['another pre-tokenizer', { pre_tokenizer: { type: 'ByteLevel' } }, /pre_tokenizer .*"ByteLevel"/],
    ['a wrong unknown token', { model: { ...small.model, unk_id: 10 } }, /unk_id is not in model\.vocab/],
    [
      'a piece without score',
      { model: { ...small.model, vocab: [['a']], unk_id: 0 } },
      /model\.vocab\[0\] has no score/,
    ],
  ];
  it.each(broken)('%s', (_, changes, message) => {
    expect(() => createTokenizer(JSON.stringify({ ...small, ...changes }))).toThrow(
      expect.objectContaining({ name: 'CorruptTokenizerError', message: expect.stringMatching(message) }),
    );
  });
});
