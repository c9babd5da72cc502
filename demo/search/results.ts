import type { RerankProgress } from 'bge-web';
import type { Hit } from 'bge-web/search';
import { make } from '../shared/dom';
import * as format from '../shared/format';
import { say } from '../shared/language';
import { SMALL } from '../shared/small-words';
import type { Word } from './chinese';
import { type Answer, type Column, meaningOf } from './dictionary';
import { WORDS } from './words';

/** Below it, a definition is most likely another one's. */
const LITTLE = 0.05;

/** The answer's columns, a section each. */
export function columnsOf(answer: Answer, meanings: number): HTMLElement[] {
  return answer.columns.map((column) => columnOf(column, answer, meanings));
}

/** In place of the reranker's column: how much it has read. */
export function waitingColumn() {
  const words = say(WORDS);
  const text = make('p', { className: 'hint time', textContent: words.waiting });
  const section = sectionOf('reranked', text);
  const show = ({ pairs, totalPairs }: RerankProgress) => {
    text.textContent = words.reading(pairs, totalPairs);
  };
  return { section, show };
}

/** A word of a Chinese description above its English. */
export function wordOf({ source, gloss }: Word): HTMLElement {
  const english = make('span', { lang: 'en', textContent: gloss || '–' });
  return make('li', { className: gloss ? '' : 'left-out' }, make('span', { lang: 'zh', textContent: source }), english);
}

/**
 * How likely a definition is the one that is described, if one of all `meanings` is: `relevance` is for pairs of which half belong
 * together, and here one in so many does. Null after a search by words alone.
 */
function likelihoodOf({ relevance }: Hit, meanings: number): number | null {
  return relevance === null ? null : relevance / (relevance + meanings * (1 - relevance));
}

function columnOf({ mode, ms, hits }: Column, answer: Answer, meanings: number): HTMLElement {
  const words = say(WORDS);
  const section = sectionOf(mode, make('span', { className: 'hint time', textContent: format.duration(ms) }));
  // Word by word English lies further from every definition than what the estimate was made by.
  const isEstimated = mode !== 'reranked' && !answer.description.chinese;
  const likelihood = (hit: Hit) => (isEstimated ? likelihoodOf(hit, meanings) : null);
  if (hits.length === 0) section.append(make('p', { className: 'hint', textContent: words.nothing }));
  else if (isEstimated && mode !== 'lexical' && hits.every((hit) => likelihood(hit)! < LITTLE))
    section.append(make('p', { className: 'hint unsure', textContent: words.unsure }));
  const items = hits.map((hit, i) => {
    const item = itemOf(hit, answer, likelihood(hit));
    item.append(mode === 'reranked' ? moveOf(hit, answer, i) : reasonOf(hit, likelihood(hit)));
    return item;
  });
  section.append(make('ol', { className: 'hits' }, ...items));
  return section;
}

function sectionOf(mode: Column['mode'], aside: HTMLElement): HTMLElement {
  const title = make('h2', { id: `title-${mode}`, textContent: say(WORDS)[mode] });
  const section = make(
    'section',
    { className: 'panel column-of-hits' },
    make('div', { className: 'title' }, title, aside),
  );
  section.dataset.mode = mode;
  section.setAttribute('aria-labelledby', title.id);
  return section;
}

function itemOf(hit: Hit, { description }: Answer, likelihood: number | null): HTMLElement {
  const words = say(WORDS);
  const { title, tags, examples = [] } = meaningOf(hit);
  const terms = new Set(hit.explanation!.terms.filter((term) => !SMALL.has(term)));
  const head = make('h3', { lang: 'en' }, ...marked(title, terms));
  const pos = make('span', { className: 'pos', textContent: words.pos[tags[0]] ?? '' });
  const item = make('li', {}, make('div', { className: 'head' }, head, ' ', pos));
  const chinese = new Set(title.split(', ').flatMap((word) => description.chinese?.wordsFor(word) ?? []));
  if (chinese.size > 0) item.append(make('p', { lang: 'zh', textContent: [...chinese].slice(0, 4).join('、') }));
  item.append(make('p', { lang: 'en' }, ...marked(hit.passage.text, terms)));
  if (examples[0]) item.append(make('p', { className: 'example', lang: 'en', textContent: `“${examples[0]}”` }));
  if (likelihood !== null && likelihood < LITTLE) item.classList.add('weak');
  return item;
}

/** What the reranker made of a hit: its logit, and where it stood by both ways. */
function moveOf({ id, explanation }: Hit, { candidates }: Answer, place: number): HTMLElement {
  const words = say(WORDS);
  const before = candidates.indexOf(id);
  const move = before > place ? words.up(before + 1) : before < place ? words.down(before + 1) : words.stays;
  const text = `${words.logit(explanation!.rerank!.toFixed(1))} · ${move}`;
  return make('p', { className: before > place ? 'hint reason up' : 'hint reason', textContent: text });
}

/** Where the hit comes from: its bar, its cosine, and its places by meaning and by words. */
function reasonOf({ explanation }: Hit, likelihood: number | null): HTMLElement {
  const words = say(WORDS);
  const reason = make('p', { className: 'hint reason' });
  if (likelihood !== null) {
    const percent = Math.round(100 * likelihood);
    const bar = make('span', { className: 'bar', role: 'img', ariaLabel: words.likelihood(percent) });
    bar.style.setProperty('--part', `${percent}%`);
    reason.append(bar);
  }
  const { dense, denseRank, lexicalRank } = explanation!;
  const parts = [
    dense === null ? null : words.score(dense.toFixed(2)),
    denseRank && words.place(words.by.dense, denseRank),
    lexicalRank && words.place(words.by.lexical, lexicalRank),
  ];
  reason.append(parts.filter(Boolean).join(' · '));
  return reason;
}

/** The text, with the words that matched marked. */
function marked(text: string, terms: ReadonlySet<string>): (Node | string)[] {
  const segments = new Intl.Segmenter('en', { granularity: 'word' }).segment(text);
  return Array.from(segments, ({ segment }) =>
    terms.has(segment.toLowerCase()) ? make('mark', { textContent: segment }) : segment,
  );
}
