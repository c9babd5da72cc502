import { make } from '../shared/dom';
import type { SimilarityResult } from './measure';
import { figure, table } from './parts';
import { type Point, scatterPlot } from './plots';
import { above, below, ticksOf } from './ticks';
import type { PageWords } from './words';

/** Pairs that are shown of those that disagree most. */
const SHOWN = 20;

/** Shows how well the model agrees with people, and on which pairs it does not. */
export function pairsView(result: SimilarityResult, words: PageWords): Node[] {
  const { spearman, pearson } = result.report;
  return [
    make('p', { className: 'headline', textContent: words.agreement(spearman) }),
    make(
      'div',
      { className: 'figures' },
      make(
        'figure',
        {},
        make('h3', { textContent: words.measures }),
        table(
          [words.measure, words.value],
          [
            [named(words.spearman, words.spearmanMeaning), make('strong', { textContent: shown(spearman) })],
            [named(words.pearson, words.pearsonMeaning), make('strong', { textContent: shown(pearson) })],
          ],
          'numbers measures',
        ),
        make('p', { className: 'hint', textContent: words.scale }),
      ),
      scatter(result, words),
    ),
    make('h3', { textContent: words.disagree }),
    make('p', { className: 'hint', textContent: words.disagreeHint }),
    disagreements(result, words),
  ];
}

const named = (name: string, meaning: string) => make('span', {}, name, make('small', { textContent: meaning }));
const shown = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(3).replace('-', '−'));

function scatter({ pairs, scores, report }: SimilarityResult, words: PageWords): HTMLElement {
  const gold = pairs.map((pair) => pair.gold);
  const [left, right] = limits(gold);
  const [bottom, top] = [below(limits(scores)[0]), Math.min(1, above(limits(scores)[1]))];
  const part = (value: number, least: number, most: number) => (most > least ? (value - least) / (most - least) : 0.5);
  const points = pairs.map((pair, i): Point => [part(pair.gold, left, right), part(scores[i]!, bottom, top)]);
  const axes = {
    label: words.scatterLabel(pairs.length, shown(report.spearman)),
    x: { title: words.gold, ticks: ticksOf(left, right) },
    y: { title: words.cosine, ticks: ticksOf(bottom, top) },
  };
  return figure(words.scatter, scatterPlot(axes, points), [], null);
}

/** Lowest and highest. */
const limits = (values: readonly number[]): [number, number] =>
  values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);

function disagreements(result: SimilarityResult, words: PageWords): HTMLElement {
  const { pairs, scores } = result;
  const places = placesOf(result);
  const order = pairs.map((_, i) => i).sort((i, j) => distance(places[j]!) - distance(places[i]!));
  const rows = order.slice(0, SHOWN).map((i) => {
    const { a, b, gold } = pairs[i]!;
    const { people, model } = places[i]!;
    const why = people > model ? words.higher : words.lower;
    const both = make(
      'div',
      {},
      make('p', { textContent: a }),
      make('p', { textContent: b }),
      make('small', { textContent: why }),
    );
    return [both, value(String(gold), words.goldPlace(people)), value(scores[i]!.toFixed(3), words.goldPlace(model))];
  });
  return table([words.pair, words.gold, words.cosine], rows, 'numbers pairs');
}

const value = (number: string, place: string) => make('span', {}, number, make('small', { textContent: place }));

interface Places {
  readonly people: number;
  readonly model: number;
}

const distance = ({ people, model }: Places) => Math.abs(people - model);

/** The place of each pair in both orders, the most alike first; equal ones share the place in their middle. */
function placesOf({ pairs, scores }: SimilarityResult): Places[] {
  const people = ranks(pairs.map(({ gold }) => gold));
  const model = ranks(scores);
  return pairs.map((_, i) => ({ people: people[i]!, model: model[i]! }));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[j]! - values[i]!);
  const places = new Array<number>(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (const i of order.slice(from, to)) places[i] = Math.floor((from + 1 + to) / 2);
  }
  return places;
}

/** A row for each pair. */
export function pairRows(result: SimilarityResult, words: PageWords): (string | number)[][] {
  const places = placesOf(result);
  return [
    words.pairColumns,
    ...result.pairs.map(({ a, b, gold }, i) => [
      a,
      b,
      gold,
      Number(result.scores[i]!.toFixed(4)),
      places[i]!.people,
      places[i]!.model,
    ]),
  ];
}
