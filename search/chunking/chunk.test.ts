import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTokenizer } from '../../worker/tokenizer';
import { type ChunkOptions, type CountTokens, chunk, type Passage, textToEmbed } from './chunk';

const tokenizer = createTokenizer(
  readFileSync(new URL('../../public/models/BAAI/bge-small-en-v1.5/tokenizer.json', import.meta.url)),
);
const bert: CountTokens = async (texts) => texts.map((text) => tokenizer.encode(text, 1e9).ids.length);

/** One token a word, of at most four letters, and one for each other sign: sums of parts are counts of wholes. */
const additive: CountTokens = async (texts) =>
  texts.map((text) => (text.match(/\p{L}{1,4}|[^\p{L}\s]/gu) ?? []).length);

const textsOf = (passages: readonly Passage[]) => passages.map(({ text }) => text);

const sentence = fc
  .tuple(
    fc.array(fc.constantFrom('one', 'reset', 'Router', 'x', '漢字', 'naïve', '😀', '1.5'), {
      minLength: 1,
      maxLength: 30,
    }),
    fc.constantFrom('.', '?', '。', ''),
  )
  .map(([parts, mark]) => parts.join(' ') + mark);
const document = fc
  .array(fc.tuple(sentence, fc.constantFrom(' ', '\n', '\n\n', '\r\n\r\n', '\n\n\n ', '  ')), { maxLength: 40 })
  .map((parts) => parts.flat().join(''));
const anyText = fc.oneof(
  document,
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);
const budgets = fc.integer({ min: 8, max: 60 }).chain((maxTokens) =>
  fc.record({
    maxTokens: fc.constant(maxTokens),
    overlapTokens: fc.integer({ min: 0, max: Math.floor(maxTokens / 2) }),
  }),
);

describe('whatever the text', () => {
  test.each<[string, CountTokens]>([
    ['a counter whose parts sum up', additive],
    ['the tokenizer of bge-small-en', bert],
  ])('passages are slices, cover it, go on, and keep the budget: %s', async (_, countTokens) => {
    await fc.assert(
      fc.asyncProperty(anyText, budgets, async (text, options) => {
        const passages = await chunk(text, countTokens, options);
        let covered = 0;
        let last = -1;
        for (const { text: passage, start, end } of passages) {
          expect(passage).toBe(text.slice(start, end));
          expect(passage).toBe(passage.trim());
          expect(text.slice(covered, Math.max(covered, start)).trim()).toBe('');
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThan(covered);
          [last, covered] = [start, end];
        }
        expect(text.slice(covered).trim()).toBe('');
        const counts = await countTokens(textsOf(passages));
        for (const [i, count] of counts.entries())
          if (passages[i]!.text.length > 1) expect(count).toBeLessThanOrEqual(options.maxTokens);
      }),
      { numRuns: 150 },
    );
  });

  test('the overlap is whole sentences, as many as it takes and no more', async () => {
    await fc.assert(
      fc.asyncProperty(document, budgets, async (text, options) => {
        const passages = await chunk(text, additive, options);
        const alone = await chunk(text, additive, { ...options, overlapTokens: 0 });
        for (const [i, passage] of alone.entries())
          if (i > 0) expect(passage.start).toBeGreaterThanOrEqual(alone[i - 1]!.end);
        for (const [i, passage] of passages.entries()) {
          if (i === 0) continue;
          const shared = text.slice(passage.start, Math.max(passage.start, passages[i - 1]!.end));
          const [tokens] = await additive([shared]);
          expect(tokens).toBeLessThanOrEqual(options.overlapTokens);
        }
      }),
      { numRuns: 150 },
    );
    const text = 'Aa bb cc. Dd ee ff. Gg hh ii. Jj kk ll. Mm nn oo.';
    const of = async (overlapTokens: number) => textsOf(await chunk(text, additive, { maxTokens: 12, overlapTokens }));
    expect(await of(0)).toEqual(['Aa bb cc. Dd ee ff. Gg hh ii.', 'Jj kk ll. Mm nn oo.']);
    expect(await of(3)).toEqual(await of(0));
    expect(await of(4)).toEqual(['Aa bb cc. Dd ee ff. Gg hh ii.', 'Gg hh ii. Jj kk ll. Mm nn oo.']);
    expect(await of(6)).toEqual(await of(4));
  });
});

describe('structure first', () => {
  const options: ChunkOptions = { maxTokens: 20, overlapTokens: 0 };

  test('a passage ends with a paragraph where that leaves it half full', async () => {
    const text = 'One two three four five six seven eight.\n\nAaa bbb ccc ddd eee fff ggg hhh iii jjj kkk lll. Next.';
    expect(textsOf(await chunk(text, additive, options))).toEqual(text.split('\n\n'));
    const short = 'One two.\n\nAaa bbb ccc ddd eee fff ggg hhh iii jjj kkk lll. Next one of them.';
    expect(textsOf(await chunk(short, additive, options))).toEqual([
      'One two.\n\nAaa bbb ccc ddd eee fff ggg hhh iii jjj kkk lll.',
      'Next one of them.',
    ]);
  });

  test('what is too long is cut by sentences, lines, spaces, words, then anywhere', async () => {
    const list = 'aaa bbb ccc ddd eee\n'.repeat(6).trim();
    expect(textsOf(await chunk(list, additive, { ...options, maxTokens: 12 }))).toEqual(
      Array(3).fill('aaa bbb ccc ddd eee\naaa bbb ccc ddd eee'),
    );
    const long = 'word '.repeat(50).trim();
    expect(textsOf(await chunk(long, additive, options)).map((text) => text.split(' ').length)).toEqual([20, 20, 10]);
    const chinese = '我想知道北京的天气'.repeat(20);
    const words = textsOf(await chunk(chinese, additive, { ...options, maxTokens: 8 }));
    expect(words.join('')).toBe(chinese);
    expect(words[0]).toMatch(/^我想/);
    const blob = 'abcd'.repeat(500);
    const parts = await chunk(blob, additive, options);
    expect(textsOf(parts).join('')).toBe(blob);
    expect(Math.max(...(await additive(textsOf(parts))))).toBeLessThanOrEqual(20);
  });

  test('Markdown: headings are context, sections are not mixed, code and tables are cut by lines', async () => {
    const text = [
      '---\ntitle: Router\n---\n',
      'Before all.\n',
      '# Setup *guide*\n',
      '## Reset\n\nPress the button. Wait.\n\n- first, [a link](https://a.example)\n- second\n  1. deep\n',
      '## Empty\n',
      'Second\n===\n\n```js\nlet a = 1;\n\n# no heading\n```\n\n> # Quoted\n> text\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
      '***\n\n[ref]: https://b.example\n',
    ].join('\n');
    const passages = await chunk(text, additive, {
      format: 'markdown',
      title: 'Manual',
      maxTokens: 200,
      overlapTokens: 0,
    });
    expect(passages.map(({ headings, text }) => [headings!.join('/'), text])).toEqual([
      ['Manual', '---\ntitle: Router\n---\n\nBefore all.'],
      [
        'Manual/Setup guide/Reset',
        'Press the button. Wait.\n\n- first, [a link](https://a.example)\n- second\n  1. deep',
      ],
      ['Manual/Setup guide', '## Empty'],
      [
        'Manual/Second',
        '```js\nlet a = 1;\n\n# no heading\n```\n\n> # Quoted\n> text\n\n| a | b |\n|---|---|\n| 1 | 2 |',
      ],
    ]);
    for (const { text: passage, start, end } of passages) expect(text.slice(start, end)).toBe(passage);
    expect(textToEmbed(passages[1]!)).toMatch(/^Manual > Setup guide > Reset\nPress the button/);
    const table = '| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |';
    const rows = await chunk(table, additive, { format: 'markdown', maxTokens: 12, overlapTokens: 0 });
    expect(textsOf(rows)).toEqual(['| a | b |', '|---|---|', '| 1 | 2 |\n| 3 | 4 |']);
  });

  test('a heading that is the title, or the one above it, is said once', async () => {
    const cut = async (text: string, title: string, format: 'markdown' | 'html') =>
      (await chunk(text, additive, { format, title, maxTokens: 200 })).map(textToEmbed);
    const text = '# Bees\n\nKeep it dry.\n\n## Honey\n\nSweet.\n\n### Honey\n\nIn jars.\n\n## Bees\n\nThe end.';
    expect(await cut(text, ' Bees ', 'markdown')).toEqual([
      'Bees\nKeep it dry.',
      'Bees > Honey\nSweet.',
      'Bees > Honey\nIn jars.',
      'Bees\nThe end.',
    ]);
    expect(await cut('Before.\n\n# Bees\n\n# Wasps\n\nText.', 'Bees', 'markdown')).toEqual([
      'Bees\nBefore.',
      '# Bees',
      'Bees > Wasps\nText.',
    ]);
    expect(await cut('<h1>Bees</h1><p>Keep it dry.', 'Bees', 'html')).toEqual(['Bees\nKeep it dry.']);
    expect(await cut('<h1>Bees</h1>', 'Bees', 'html')).toEqual(['Bees']);
    expect(await cut('# Bees and wasps\n\nText.', 'Bees', 'markdown')).toEqual(['Bees > Bees and wasps\nText.']);
  });

  test('headings count, and give way to the text when they are too long', async () => {
    const text = `# ${'long '.repeat(12)}\n\n## Short\n\n${'Some words here. '.repeat(20)}`;
    const passages = await chunk(text, additive, { format: 'markdown', maxTokens: 16, overlapTokens: 0 });
    for (const passage of passages) expect(passage.headings).toEqual(['Short']);
    expect(Math.max(...(await additive(passages.map(textToEmbed))))).toBeLessThanOrEqual(16);
    expect(passages.length).toBeGreaterThan(5);
  });

  test('Markdown of many pieces: blocks and headings are those of the whole', async () => {
    const part = '## Part\n\nA *paragraph* of words.\n\n```\ncode\n\nmore code\n```\n\n- item\n\n';
    const text = `# Book\n\n${part.repeat(1000)}`;
    const passages = await chunk(text, additive, { format: 'markdown', maxTokens: 100 });
    expect(passages).toHaveLength(1000);
    expect(new Set(textsOf(passages))).toEqual(new Set([part.slice(9).trim()]));
    for (const { headings } of passages) expect(headings).toEqual(['Book', 'Part']);
  });
});

describe('HTML', () => {
  const read = (html: string, options: ChunkOptions = {}) => chunk(html, additive, { format: 'html', ...options });

  test('text as it is shown, headings as context, offsets in the source', async () => {
    const html =
      '<html><head><title>no</title><style>p{}</style></head><body><nav>Home</nav><h1>The &amp;\n  Guide</h1><p>A  <b>bo</b>ld\n' +
      'caf&eacute;&nbsp;&lt;1&gt;<br>new line<script>no()</script><p>Two.<div hidden>no<br>no</div><ul><li>a<li>b</ul>' +
      '<table><tr><td>1</td><td>2</td></tr></table><h2>Code</h2><pre>\n  if (a)\n    b()\n</pre></body></html>';
    const passages = await read(html);
    expect(passages.map(({ headings = [], text }) => [headings.join('/'), text])).toEqual([
      ['', 'Home'],
      ['The & Guide', 'A bold café <1>\nnew line\nTwo.\na\nb\n1 2'],
      ['The & Guide/Code', 'if (a)\n    b()'],
    ]);
    expect(passages.map(({ start, end }) => html.slice(start, end))[1]).toMatch(/^A {2}<b>bo.*<td>2$/s);
    expect(html.slice(passages[0]!.start, passages[0]!.end)).toBe('Home');
  });

  test('whatever the words and the marks between them, each word is where the offsets say', async () => {
    const word = fc.constantFrom('alpha', 'beta', 'gamma.', 'delta');
    const mark = fc.constantFrom(
      ' ',
      '<p>',
      '</p>',
      '<b>',
      '</b> ',
      '<br>',
      '&nbsp;',
      '<!-- x -->',
      '</div>',
      '\n',
      '<li>',
      '<td>',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, mark, mark)), async (parts) => {
        const html = parts.flat().join('');
        const passages = await read(html, { maxTokens: 8, overlapTokens: 0 });
        const shown = textsOf(passages).join(' ').replace(/\s+/g, '');
        expect(shown).toBe(parts.map(([letters]) => letters).join(''));
        for (const { text, start, end } of passages) {
          const source = html.slice(start, end).replace(/<[^>]*>|&nbsp;/g, ' ');
          expect(source.replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('broken markup is read as far as it goes', async () => {
    expect(textsOf(await read('<p>a <b>b</p> c</i> <script>unclosed'))).toEqual(['a b\nc']);
    expect(textsOf(await read('a < b && c &unknown; <'))).toEqual(['a < b && c &unknown; <']);
  });
});

describe('long documents', () => {
  test('5 MB: few calls of the tokenizer, other work gets its turn', async () => {
    const text = 'A sentence of some words, which is not long. Another one? Yes!\n\n'.repeat(80_000);
    let [calls, turns, done] = [0, 0, false];
    const others = (async () => {
      while (!done) {
        await new Promise((resolve) => setTimeout(resolve));
        turns++;
      }
    })();
    const passages = await chunk(text, (texts) => {
      calls++;
      return additive(texts);
    });
    done = true;
    await others;
    expect(passages.at(-1)!.end).toBe(text.trimEnd().length);
    expect(calls).toBeLessThan(1200);
    expect(turns).toBeGreaterThan(20);
  }, 120_000);

  test.each([
    ['a list', '- an item of a list\n'.repeat(15_000)],
    ['one line', 'word *and* '.repeat(50_000)],
    ['one code block', `Text.\n\n\`\`\`\n${'code line\n\n'.repeat(50_000)}\`\`\`\n\nText.`],
    ['an open code block', `\`\`\`\n${'# no heading\n\n'.repeat(30_000)}`],
  ])(
    'Markdown that is all %s of 0.3 to 0.6 MB',
    async (_, text) => {
      const passages = await chunk(text, additive, { format: 'markdown', overlapTokens: 0 });
      const lost = passages.reduce(
        ({ at, between }, { start, end }) => ({ at: end, between: between + text.slice(at, start).trim() }),
        { at: 0, between: '' },
      );
      expect(lost.between + text.slice(lost.at).trim()).toBe('');
      expect(passages.every(({ headings }) => headings === undefined)).toBe(true);
    },
    120_000,
  );

  test.each(['text', 'markdown', 'html'] as const)('an abort ends it soon: %s', async (format) => {
    const text = '<p>A sentence of some words. Another.\n\n'.repeat(80_000);
    const controller = new AbortController();
    const started = performance.now();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(chunk(text, additive, { format, signal: controller.signal })).rejects.toThrow('enough');
    expect(performance.now() - started).toBeLessThan(5000);
    await expect(chunk('a', additive, { signal: controller.signal })).rejects.toThrow('enough');
  });
});

test('nothing gives nothing, and what cannot be is refused by name', async () => {
  for (const format of ['text', 'markdown', 'html'] as const)
    expect(await chunk(' \n\n ', additive, { format })).toEqual([]);
  await expect(chunk('a', additive, { maxTokens: 7 })).rejects.toThrow('Expected `maxTokens` to be an integer from 8');
  await expect(chunk('a', additive, { overlapTokens: 200 })).rejects.toThrow('Expected `overlapTokens`');
  await expect(chunk('a', additive, { format: 'pdf' as 'text' })).rejects.toThrow('Expected `format`');
  await expect(chunk('a', additive, { locale: 'no such' })).rejects.toThrow('Expected `locale` to be a BCP 47 tag');
  await expect(chunk('a', async () => [Number.NaN])).rejects.toThrow('Expected `countTokens(texts)[0]`');
  await expect(chunk('a', async () => [])).rejects.toThrow('1 numbers');
});
