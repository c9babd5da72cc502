import type { SearchMode } from 'bge-web/search';
import type { Measure } from 'bge-web/training';
import { make } from '../shared/dom';
import { type Failure, failuresOf, firstPlace, type Placed, whatCame } from './failures';
import { CUTS, DEPTH, MODES, type RetrievalResult } from './measure';
import { figure, longList, table } from './parts';
import { barPlot, linePlot, type Point } from './plots';
import { below, ticksOf } from './ticks';
import type { PageWords } from './words';

const SHOWN: readonly Measure[] = ['ndcg@10', 'mrr@10', 'recall@10', 'recall@100', 'map@100', 'precision@1'];
const BINS = 10;
/** Failing queries that are shown at once. */
const STEP = 10;
/** So much of a text is more than two lines show. */
const MOST_CHARACTERS = 300;

/** Shows what was measured of all ways of searching, and where one of them fails. */
export function searchView(result: RetrievalResult, mode: SearchMode, words: PageWords): Node[] {
  const places = Object.keys(result.set.queries).map((id) => firstPlace(result, mode, id));
  const within = (most: number) => places.filter((place) => place <= most).length;
  const failures = failuresOf(result, mode);
  return [
    make('p', { className: 'headline', textContent: words.headline(within(1), within(10), places.length) }),
    make(
      'div',
      { className: 'figures' },
      measures(result, words),
      recallPlot(result, words),
      spreadPlot(result, mode, words),
    ),
    make('h3', { textContent: words.failing }),
    make('p', { className: 'hint', textContent: words.failingHint(failures.length, places.length) }),
    ...longList(
      failures.map((failure) => () => card(result, mode, failure, words)),
      STEP,
      words.more,
    ),
  ];
}

function measures({ evaluations }: RetrievalResult, words: PageWords): HTMLElement {
  const rows = SHOWN.map((measure) => {
    const [kind, k] = measure.split('@') as [keyof PageWords['nameOf'], string];
    const name = make('span', {}, `${words.nameOf[kind]}@${k}`, make('small', { textContent: words.meaningOf[kind] }));
    const values = MODES.map((mode) => evaluations[mode].mean[measure]!);
    const best = Math.max(...values);
    return [name, ...values.map((value) => (value === best ? bold(value, words) : value.toFixed(3)))];
  });
  return make(
    'figure',
    {},
    make('h3', { textContent: words.measures }),
    table([words.measure, ...MODES.map((mode) => words.modes[mode])], rows, 'numbers measures'),
    make('p', { className: 'hint', textContent: words.measureHint }),
  );
}

const bold = (value: number, words: PageWords) =>
  make('strong', {}, value.toFixed(3), make('span', { className: 'visually-hidden', textContent: `, ${words.best}` }));

function recallPlot({ set, evaluations }: RetrievalResult, words: PageWords): HTMLElement {
  // Beyond the whole corpus there is nothing more to find.
  const enough = CUTS.findIndex((k) => k >= set.documents.length);
  const cuts = enough < 0 ? CUTS : CUTS.slice(0, enough + 1);
  const recall = (mode: SearchMode, k: number) => evaluations[mode].mean[`recall@${k}`]!;
  const least = Math.min(0.9, below(Math.min(...MODES.map((mode) => recall(mode, 1)))));
  const x = (k: number) => Math.log(k) / Math.log(DEPTH);
  const y = (value: number) => (value - least) / (1 - least);
  const lines = MODES.map((mode) => ({ name: mode, points: cuts.map((k): Point => [x(k), y(recall(mode, k))]) }));
  const ways = MODES.map((mode) => `${words.modes[mode]} ${recall(mode, 10).toFixed(2)}`).join(', ');
  const axes = {
    label: words.recallLabel(ways),
    x: { title: words.places, ticks: CUTS.filter((k) => k !== 3).map((k) => ({ at: x(k), text: String(k) })) },
    y: { title: words.recall, ticks: ticksOf(least, 1) },
  };
  const numbers = table(
    ['k', ...MODES.map((mode) => words.modes[mode])],
    cuts.map((k) => [String(k), ...MODES.map((mode) => recall(mode, k).toFixed(3))]),
  );
  const keys = MODES.map((mode) => [mode, words.modes[mode]] as const);
  return figure(words.recallPlot, linePlot(axes, lines), keys, { summary: words.numbers, table: numbers });
}

function spreadPlot({ evaluations }: RetrievalResult, mode: SearchMode, words: PageWords): HTMLElement {
  const values = Object.values(evaluations[mode].queries).map((one) => one['ndcg@10']!);
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor(value * BINS + 1e-9))]!++;
  const most = Math.max(...counts);
  const axes = {
    label: words.spreadLabel(counts.at(-1)!, counts[0]!, values.length),
    x: { title: words.ndcg, ticks: ticksOf(0, 1) },
    y: { title: words.queries, ticks: ticksOf(0, most, 1) },
  };
  const plot = barPlot(
    axes,
    counts.map((count) => count / most),
    mode,
  );
  const rows = counts.map((count, i) => [
    (i / BINS).toFixed(1),
    i === BINS - 1 ? '–' : ((i + 1) / BINS).toFixed(1),
    String(count),
  ]);
  const numbers = table([words.from, words.to, words.queries], rows);
  return figure(words.spread, plot, [[mode, words.modes[mode]]], { summary: words.numbers, table: numbers });
}

function card(result: RetrievalResult, mode: SearchMode, { id, ndcg }: Failure, words: PageWords): HTMLElement {
  const { wanted, instead } = whatCame(result, mode, id);
  const side = (title: string, placed: readonly Placed[]) =>
    make('div', {}, make('h5', { textContent: title }), ...placed.map((one) => entry(one, words)));
  const none = wanted.every(({ place }) => place !== null) ? words.wrongOrder : words.nothingElse;
  return make(
    'li',
    { className: 'failure' },
    make(
      'div',
      { className: 'query' },
      make('h4', { textContent: result.set.queries[id]! }),
      make('span', { className: 'badge', textContent: `nDCG@10 ${ndcg.toFixed(2)}` }),
    ),
    make(
      'div',
      { className: 'sides' },
      side(words.wanted, wanted.slice(0, 3)),
      instead.length > 0 ? side(words.instead, instead) : make('p', { className: 'hint', textContent: none }),
    ),
  );
}

function entry({ document: { title, text }, place, score }: Placed, words: PageWords): HTMLElement {
  const where = place === null ? words.notFound : `${words.place(place)}, ${words.score(score!.toFixed(3))}`;
  const textContent = (title === '' ? text : `${title} – ${text}`).slice(0, MOST_CHARACTERS);
  return make(
    'p',
    { className: 'entry' },
    make('span', { className: place === null ? 'place lost' : 'place', textContent: where }),
    make('span', { className: 'clamp', textContent }),
  );
}

/** A row for each query and way of searching. */
export function searchRows(result: RetrievalResult, words: PageWords): (string | number)[][] {
  const { set, rankings, evaluations } = result;
  return [
    words.columns,
    ...Object.entries(set.queries).flatMap(([id, query]) =>
      MODES.map((mode) => {
        const place = firstPlace(result, mode, id);
        const values = SHOWN.map((measure) => Number(evaluations[mode].queries[id]![measure]!.toFixed(4)));
        return [
          id,
          query,
          words.modes[mode],
          ...values,
          Number.isFinite(place) ? place : '',
          rankings[mode][id]![0]?.id ?? '',
        ];
      }),
    ),
  ];
}
