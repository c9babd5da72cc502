import { describe, expect, it } from 'vitest';
import { AddedTokens } from './added-tokens';

const base = { special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };

function split(text: string, tokens: object[]): string[] {
  const added = AddedTokens.parse(tokens.map((token, id) => ({ ...base, id, ...token })));
  return [...added.split(text)].map(({ id, start, end }) => `${id ?? ''}:${text.slice(start, end)}`);
}

describe('AddedTokens', () => {
  it('finds tokens literally, the longest first', () => {
    expect(split('x<a><a>b.*', [{ content: '<a>' }, { content: '<a>b' }, { content: '.*' }])).toEqual([
      ':x',
      '0:<a>',
      '1:<a>b',
      '2:.*',
    ]);
  });

  it('takes the spaces beside a token where it says so', () => {
    expect(split('a  <m>  b', [{ content: '<m>', lstrip: true }])).toEqual([':a', '0:  <m>', ':  b']);
    expect(split('a  <m>  b', [{ content: '<m>', rstrip: true }])).toEqual([':a  ', '0:<m>  ', ':b']);
    expect(split('<m> <m>', [{ content: '<m>', lstrip: true, rstrip: true }])).toEqual(['0:<m> ', '0:<m>']);
  });

  it('finds a single word only between others', () => {
    expect(split('day today day. 𝒜day', [{ content: 'day', single_word: true }])).toEqual([
      '0:day',
      ': today ',
      '0:day',
      ':. 𝒜day',
    ]);
  });

  it('leaves a text without tokens whole', () => {
    expect(split('abc', [])).toEqual([':abc']);
    expect(split('', [{ content: '<m>' }])).toEqual([]);
  });
});
