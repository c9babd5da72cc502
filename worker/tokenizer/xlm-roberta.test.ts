import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rerankerTokenizer } from '../../e2e/tiny-models';
import { createTokenizer } from '../tokenizer';

function read(name: string): Buffer {
  return readFileSync(new URL(`../../e2e/goldens/tokenizer/${name}`, import.meta.url));
}

const json = JSON.parse(gunzipSync(read('bge-m3-tokenizer.json.gz')).toString());
const [precompiled] = json.normalizer.normalizers;

const m3 = createTokenizer(JSON.stringify(json));
/** bge-reranker-v2-m3: no space at the end. */
const v2 = createTokenizer(rerankerTokenizer(gunzipSync(read('bge-m3-tokenizer.json.gz')).toString()));
/** xlm-roberta-base, and so bge-reranker-base and -large: white space only separates words. */
const base = createTokenizer(
  JSON.stringify({
    ...json,
    normalizer: precompiled,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, json.pre_tokenizer] },
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
      expect({ text, ids: [...v2.encode(text, 1e6).ids] }).toEqual({ text, ids: input_ids_reranker_v2_m3 });
    }
  });

  it('gives the ids and offsets of the reference for bge-reranker-base', () => {
    for (const { text, input_ids, offsets } of JSON.parse(read('bge-reranker-base.json').toString()).cases) {
      const actual = base.tokens(text, 1e6);
      expect({ text, ids: [...actual.ids] }).toEqual({ text, ids: input_ids });
      // Where characters are composed (A + accent) the reference points to the first of them, ours to all; after
      // control characters that vanish (U+000B) the reference points one too far to the front.
      if (/[\u0300-\u036f]|\v/.test(text)) continue;
      // The reference counts code points.
      const units = [0, ...[...text].map((char) => char.length)];
      for (let i = 1; i < units.length; i++) units[i]! += units[i - 1]!;
      const expected = offsets.flat().map((at: number) => units[at]);
      expect({ text, offsets: [...actual.offsets] }).toEqual({ text, offsets: expected });
    }
  });

  it('gives the text of single tokens as the reference decodes them', () => {
    for (const [id, text] of JSON.parse(read('bge-m3-decoded.json').toString()).cases)
      expect([id, m3.textOf(id)]).toEqual([id, text]);
  });

  it('joins and cuts pairs as the reference does', () => {
    for (const golden of JSON.parse(
      readFileSync(new URL('../../e2e/goldens/m3/reranker.json', import.meta.url), 'utf8'),
    ).cases) {
      for (const [setting, [maxLength, maxQueryLength]] of Object.entries({
        default: [512, 384],
        max_length_64: [64, 48],
        max_length_64_query_16: [64, 16],
        max_length_1024: [1024, 768],
        max_length_16: [16, 12],
      } as const)) {
        const { query, passage } = golden;
        const pair = v2.joinPair(v2.bare(query, maxQueryLength), v2.bare(passage, maxLength), maxLength);
        expect({ query, setting, ids: [...pair.ids] }).toEqual({ query, setting, ids: golden[setting].input_ids });
        const whole = v2.bare(query, 1e6).ids.length + v2.bare(passage, 1e6).ids.length + 4;
        expect(pair.truncated).toBe(pair.ids.length < whole);
      }
    }
    const { cases: pairs } = JSON.parse(
      readFileSync(new URL('../../e2e/goldens/m3/tokenizer_pairs_truncation.json', import.meta.url), 'utf8'),
    );
    for (const { text, text_pair, input_ids_bge_m3, input_ids_reranker_v2_m3 } of pairs) {
      if (text_pair === undefined) continue;
      const joined = (tokenizer: typeof m3) => [
        ...tokenizer.joinPair(tokenizer.bare(text, 1e6), tokenizer.bare(text_pair, 1e6), 1e6).ids,
      ];
      expect([joined(m3), joined(v2)]).toEqual([input_ids_bge_m3, input_ids_reranker_v2_m3]);
    }
  });

  it('cuts long texts as the reference does', () => {
    const { cases: golden } = JSON.parse(
      readFileSync(new URL('../../e2e/goldens/m3/tokenizer_pairs_truncation.json', import.meta.url), 'utf8'),
    );
    let checked = 0;
    for (const { text, text_recipe, max_length, n, head, tail, sum } of golden) {
      if (max_length === undefined || max_length < 2) continue; // at 1 the reference cuts nothing; ours takes 2 at least
      const whole: string = text ?? Array(text_recipe.times).fill(text_recipe.repeat).join(text_recipe.join);
      const ids = [...m3.encode(whole, max_length).ids];
      expect([ids.length, ids.slice(0, head.length), ids.slice(-tail.length), ids.reduce((a, b) => a + b)]).toEqual([
        n,
        head,
        tail,
        sum,
      ]);
      checked++;
    }
    expect(checked).toBeGreaterThan(3);
  });

  it('reads a long text in pieces that together are the whole', () => {
    const text = Array.from({ length: 100 }, (_, i) => `number ${i} 北京`).join(' ');
    const whole = [...m3.encode(text, 1e6).ids].slice(1, -1);
    for (const maxLength of [3, 10, 64, whole.length + 2, 1000]) {
      const pieces = m3.encodePieces(text, maxLength).map((ids) => [...ids]);
      expect(pieces.flatMap((ids) => ids.slice(1, -1))).toEqual(whole);
      expect(pieces.every((ids) => ids[0] === 0 && ids.at(-1) === 2 && ids.length <= maxLength)).toBe(true);
      expect(pieces.length).toBe(Math.ceil(whole.length / (maxLength - 2)));
      const sizes = pieces.map((ids) => ids.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
    expect(m3.encodePieces('', 8).map((ids) => [...ids])).toEqual([[0, 2]]);
  });

  it.each([
    ['bge-m3', m3],
    ['bge-reranker-v2-m3', v2],
    ['bge-reranker-base', base],
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
    ['a bare map with spaces kept', { normalizer: precompiled }, /pre_tokenizer "Metaspace"/],
    [
      'white space split in another order',
      { normalizer: precompiled, pre_tokenizer: { type: 'Sequence', pretokenizers: [json.pre_tokenizer] } },
      /pre_tokenizer .*"Metaspace"/,
    ],
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
