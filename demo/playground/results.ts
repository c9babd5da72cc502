import { make } from '../shared/dom';
import { words } from './words';

/** A matrix of scores; `scores[q][p]` belongs to query `q` and passage `p`. */
export interface Results {
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  readonly scores: readonly Float32Array[];
  readonly lang: string;
  readonly model: string;
}

/** More would be slow to lay out and no clearer to read. */
const MOST = { queries: 30, passages: 200, ranks: 5 };

/** The scores as a table: a row for each passage, a column for each query, coloured over the range of what is shown. */
export function matrixOf({ queries, passages, scores, lang, model }: Results): HTMLElement {
  const shown = scores.slice(0, MOST.queries).map((row) => row.subarray(0, MOST.passages));
  const scale = scaleOf(shown);
  const table = make('table', { className: 'matrix' });
  const cut = queries.length > MOST.queries || passages.length > MOST.passages;
  const caption = make('caption', { id: 'matrix-caption' });
  const shownPart = cut ? words().shownPart(MOST.passages, MOST.queries) : '';
  const meaning = words().caption(model);
  caption.append(make('span', { className: 'caption', textContent: meaning + shownPart }));
  const head = make('tr');
  head.append(make('th', { scope: 'col', textContent: words().passage }));
  for (const query of queries.slice(0, MOST.queries)) head.append(heading('col', query, lang));
  const thead = make('thead');
  thead.append(head);

  const tbody = make('tbody');
  const best = scores.map(indexOfLargest);
  for (const [p, passage] of passages.slice(0, MOST.passages).entries()) {
    const row = make('tr');
    row.append(heading('row', passage, lang));
    for (const [q, row_] of shown.entries()) row.append(cell(row_[p]!, scale, best[q] === p));
    tbody.append(row);
  }
  table.append(caption, thead, tbody);

  // On narrow screens the table scrolls in here, and not the page; it takes the focus so that the arrow keys scroll it.
  const region = make('div', { className: 'scroll', tabIndex: 0, role: 'region' });
  region.setAttribute('aria-labelledby', caption.id);
  region.append(table);
  return region;
}

/** The passages of each query, the best first. */
export function rankingOf({ queries, passages, scores, lang }: Results): HTMLElement {
  const shown = scores.slice(0, MOST.queries);
  const scale = scaleOf(shown);
  const ranking = make('div', { className: 'ranking' });
  for (const [q, row] of shown.entries()) {
    const list = make('ol');
    const order = [...row.keys()].sort((a, b) => row[b]! - row[a]!);
    for (const p of order.slice(0, MOST.ranks)) {
      const item = make('li', { className: p === order[0] ? 'best' : '' });
      const score = make('span', { className: 'score', textContent: row[p]!.toFixed(3) });
      score.style.setProperty('--heat', scale(row[p]!));
      item.append(score, make('span', { textContent: passages[p]!, lang }));
      list.append(item);
    }
    const section = make('section');
    section.append(make('h3', { textContent: queries[q]!, lang }), list);
    ranking.append(section);
  }
  return ranking;
}

/** What the colours mean. */
export function legendOf({ scores }: Results): HTMLElement {
  const [least, most] = rangeOf(scores);
  const legend = make('p', { className: 'legend' });
  legend.append(
    make('span', { textContent: least.toFixed(3) }),
    make('span', { className: 'gradient', role: 'presentation' }),
    make('span', { textContent: most.toFixed(3) }),
  );
  legend.append(make('span', { className: 'hint', textContent: words().legend }));
  return legend;
}

function heading(scope: 'row' | 'col', text: string, lang: string): HTMLElement {
  const header = make('th', { scope, lang });
  header.append(make('span', { className: 'clamp', textContent: text, title: text }));
  return header;
}

function cell(score: number, scale: (score: number) => string, isBest: boolean): HTMLElement {
  const td = make('td', { className: isBest ? 'best' : '', textContent: score.toFixed(3) });
  td.style.setProperty('--heat', scale(score));
  if (isBest) {
    const star = make('span', { className: 'star', textContent: '★' });
    star.setAttribute('aria-hidden', 'true');
    td.prepend(star);
    td.append(make('span', { className: 'visually-hidden', textContent: words().best }));
  }
  return td;
}

/** Where a score lies between the lowest and the highest, in percent. */
function scaleOf(scores: readonly Float32Array[]): (score: number) => string {
  const [least, most] = rangeOf(scores);
  return (score) => `${most > least ? (((score - least) / (most - least)) * 100).toFixed(1) : 50}%`;
}

function rangeOf(scores: readonly Float32Array[]): [least: number, most: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of scores) {
    for (const score of row) {
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
  }
  return [least, most];
}

function indexOfLargest(row: Float32Array): number {
  return row.reduce((best, score, i) => (score > row[best]! ? i : best), 0);
}
