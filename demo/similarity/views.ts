import { make } from '../shared/dom';
import {
  bestMatches,
  type Comparison,
  clusters,
  nearDuplicates,
  oneToOne,
  others,
  type Pair,
  scoreOf,
} from './analysis';
import type { PageWords } from './words';

/** More would be slow to lay out and no clearer to read. */
const MOST = { rows: 100, matrixRows: 40, matrixColumns: 20 };

/** Something to see on the page, and the same as the rows of a table, whole. */
export interface View {
  readonly shown: Node[];
  readonly rows: (string | number)[][];
}

export type ViewName = 'matches' | 'matrix' | 'duplicates' | 'clusters';

interface Options {
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly oneToOne: boolean;
  readonly words: PageWords;
}

export const VIEWS: Readonly<Record<ViewName, (options: Options) => View>> = {
  matches({ comparison, threshold, oneToOne: single, words }) {
    const { texts, first } = comparison;
    const pairs = single
      ? oneToOne(comparison, threshold)
      : bestMatches(comparison).filter(({ score }) => score >= threshold);
    const matched = new Set(pairs.map(({ a }) => a));
    const unmatched = texts.slice(0, first).filter((_, a) => !matched.has(a));
    const lists = [words.lineOf(words.first), words.lineOf(first < texts.length ? words.second : words.first)] as const;
    const shown: Node[] = pairs.length > 0 ? pairTable(comparison, pairs, lists, words) : [hint(words.noMatches)];
    if (unmatched.length > 0) {
      const items = unmatched.slice(0, MOST.rows).map((text) => make('li', { textContent: text }));
      const rest = make(
        'details',
        { open: unmatched.length <= 10 },
        make('summary', { textContent: words.noMatch(unmatched.length) }),
      );
      rest.append(make('ul', { className: 'unmatched' }, ...items), ...more(unmatched.length, words));
      shown.push(rest);
    }
    return {
      shown,
      rows: [
        [lists[0], words.score, lists[1]],
        ...pairs.map(({ a, b, score }) => [texts[a]!, rounded(score), texts[b]!]),
        ...unmatched.map((text) => [text, '', '']),
      ],
    };
  },

  duplicates({ comparison, threshold, words }) {
    const { texts, first } = comparison;
    const pairs = nearDuplicates(comparison, threshold);
    const two = first < texts.length;
    const nameOf = (i: number) => (i < first ? words.first : words.second);
    return {
      shown:
        pairs.length > 0
          ? pairTable(comparison, pairs, ['A', 'B'], words, two ? nameOf : undefined)
          : [hint(words.noDuplicates)],
      rows: [
        [words.list, 'A', words.score, 'B'],
        ...pairs.map(({ a, b, score }) => [nameOf(a), texts[a]!, rounded(score), texts[b]!]),
      ],
    };
  },

  clusters({ comparison, threshold, words }) {
    const { texts, first } = comparison;
    const groups = clusters(comparison, threshold);
    const alone = texts.length - groups.reduce((sum, group) => sum + group.length, 0);
    const nameOf = (i: number) => (i < first ? words.first : words.second);
    const cards = groups.slice(0, MOST.rows).map((group, g) => {
      const items = group.slice(0, MOST.rows).map((i) => {
        const list = make('span', { className: 'list-name', textContent: nameOf(i) });
        return make('li', {}, ...(first < texts.length ? [list] : []), texts[i]!);
      });
      const title = make('h3', { textContent: words.cluster(g + 1, group.length) });
      return make('section', { className: 'cluster' }, title, make('ul', {}, ...items), ...more(group.length, words));
    });
    const body = groups.length > 0 ? make('div', { className: 'clusters' }, ...cards) : hint(words.noClusters);
    return {
      shown: [
        body,
        ...more(groups.length, words),
        ...(alone > 0 && groups.length > 0 ? [make('p', { className: 'hint', textContent: words.alone(alone) })] : []),
      ],
      rows: [
        [words.clusters, words.list, words.lists],
        ...groups.flatMap((group, g) => group.map((i) => [g + 1, nameOf(i), texts[i]!])),
      ],
    };
  },

  matrix({ comparison, threshold, words }) {
    const { texts, first } = comparison;
    const { from, to } = others(comparison);
    const columns = Array.from({ length: to - from }, (_, c) => from + c);
    const rows = Array.from({ length: first }, (_, a) => a);
    return {
      shown: [heatMap(comparison, rows, columns, threshold, words)],
      rows: [
        ['', ...columns.map((b) => texts[b]!)],
        ...rows.map((a) => [texts[a]!, ...columns.map((b) => rounded(scoreOf(comparison, a, b)))]),
      ],
    };
  },
};

function pairTable(
  { texts }: Comparison,
  pairs: readonly Pair[],
  [left, right]: readonly [string, string],
  words: PageWords,
  nameOf?: (i: number) => string,
): Node[] {
  const heads = [left, words.score, right, ...(nameOf ? [words.list] : [])];
  const head = make('tr', {}, ...heads.map((textContent) => make('th', { scope: 'col', textContent })));
  const rows = pairs.slice(0, MOST.rows).map(({ a, b, score }) => {
    const text = (i: number) => make('span', { className: 'clamp', textContent: texts[i]!, title: texts[i]! });
    const row = make('tr', {}, make('th', { scope: 'row' }, text(a)));
    row.append(make('td', { className: 'pair-score', textContent: score.toFixed(3) }), make('td', {}, text(b)));
    if (nameOf) row.append(make('td', { className: 'list-name', textContent: nameOf(a) }));
    return row;
  });
  return [
    make('table', { className: 'pairs' }, make('thead', {}, head), make('tbody', {}, ...rows)),
    ...more(pairs.length, words),
  ];
}

function heatMap(
  comparison: Comparison,
  allRows: readonly number[],
  allColumns: readonly number[],
  threshold: number,
  words: PageWords,
): Node {
  const rows = allRows.slice(0, MOST.matrixRows);
  const columns = allColumns.slice(0, MOST.matrixColumns);
  const shown = rows.flatMap((a) => columns.filter((b) => b !== a).map((b) => scoreOf(comparison, a, b)));
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const heading = (scope: 'row' | 'col', i: number) => {
    const textContent = comparison.texts[i]!;
    return make('th', { scope }, make('span', { className: 'clamp', textContent, title: textContent }));
  };
  const bodyRows = rows.map((a) => {
    const cells = columns.map((b) => {
      if (a === b) return make('td', { className: 'self', textContent: '–' });
      const score = scoreOf(comparison, a, b);
      const cell = make('td', { textContent: score.toFixed(2) });
      cell.style.setProperty('--heat', `${(((score - least) / (most - least || 1)) * 100).toFixed(0)}%`);
      if (score >= threshold) {
        cell.className = 'best';
        cell.append(make('span', { className: 'visually-hidden', textContent: words.above }));
      }
      return cell;
    });
    return make('tr', {}, heading('row', a), ...cells);
  });
  const cut = rows.length < allRows.length || columns.length < allColumns.length;
  const meaning = words.matrixCaption + (cut ? words.shownPart(rows.length, columns.length) : '');
  const caption = make(
    'caption',
    { id: 'matrix-caption' },
    make('span', { className: 'caption', textContent: meaning }),
  );
  const head = make('tr', {}, make('td', { className: 'corner' }), ...columns.map((b) => heading('col', b)));
  const table = make(
    'table',
    { className: 'matrix' },
    caption,
    make('thead', {}, head),
    make('tbody', {}, ...bodyRows),
  );
  // On narrow screens the table scrolls in here, and not the page; it takes the focus so that the arrow keys scroll it.
  const region = make('div', { className: 'scroll', tabIndex: 0, role: 'region' }, table);
  region.setAttribute('aria-labelledby', caption.id);
  return region;
}

const hint = (textContent: string) => make('p', { className: 'placeholder', textContent });

const more = (length: number, words: PageWords) =>
  length > MOST.rows ? [make('p', { className: 'hint', textContent: words.shownRows(MOST.rows, length) })] : [];

const rounded = (score: number) => Number(score.toFixed(4));
