import { toCsv } from '../shared/csv';
import { element } from '../shared/dom';
import { say } from '../shared/language';
import { save } from '../shared/save';
import { drawn, turn } from '../shared/turns';
import { bestMatches, type Comparison } from './analysis';
import { type Calibration, calibrate, chanceOf, chanceOfMatch, firstThreshold, RAREST } from './calibration';
import { histogram } from './histogram';
import { VIEWS, type View, type ViewName } from './views';
import { WORDS } from './words';

const slider = element<HTMLInputElement>('threshold');
const single = element<HTMLInputElement>('one-to-one');

interface Shown {
  readonly comparison: Comparison;
  readonly calibration: Calibration | null;
  readonly best: readonly number[];
}

let shown: Shown | undefined;
let view: View | undefined;

/** Shows what was compared, with a threshold to begin with; each of three parts takes some 20 ms for 250,000 pairs. */
export async function showResults(comparison: Comparison): Promise<void> {
  const calibration = calibrate(comparison);
  await turn();
  const best = bestMatches(comparison).map(({ score }) => score);
  await turn();
  shown = { comparison, calibration, best };
  const noise = calibration?.noise ?? [];
  const least = Math.floor(Math.min(...best, noise[Math.floor(noise.length / 2)] ?? 1) * 20) / 20;
  slider.min = String(least);
  slider.max = '1';
  slider.value = String(firstThreshold(comparison, calibration));
  const two = comparison.first < comparison.texts.length;
  single.disabled = !two;
  element('histogram').replaceChildren(histogram(noise, best, least, 1));
  element('results').hidden = false;
  element('export').hidden = false;
  element('empty').hidden = true;
  await drawn(); // a frame for the plot, and one for the table
  showView();
}

/** Shows the view that is chosen, at the threshold that is chosen, in the language in use. */
export function showView(): void {
  if (!shown) return;
  const threshold = Number(slider.value);
  const words = say(WORDS);
  const { comparison } = shown;
  view = VIEWS[viewName()]({ comparison, threshold, oneToOne: single.checked && !single.disabled, words });
  element('one-to-one-label').hidden = viewName() !== 'matches' || single.disabled;
  element('shown').replaceChildren(...view.shown);
  element('threshold-value').textContent = threshold.toFixed(3);
  const part = (threshold - Number(slider.min)) / (1 - Number(slider.min));
  element('histogram').style.setProperty('--at', `${(part * 100).toFixed(2)}%`);
  const [first, ...rest] = meaningOf(shown, threshold);
  element('meaning').textContent = [first, ...rest].join(' ');
  element('method').textContent = shown.calibration ? words.unrelated : '';
  slider.setAttribute('aria-valuetext', `${threshold.toFixed(3)}. ${first}`);
}

/** What a threshold means for these texts, in sentences. */
function meaningOf({ calibration, best, comparison }: Shown, threshold: number): string[] {
  const words = say(WORDS);
  if (!calibration) return [words.tooFew];
  const chance = Math.max(chanceOf(calibration, threshold), RAREST);
  const one = readable(1 / chance);
  const odds = chance === RAREST ? words.rarer(one) : one > 1 ? words.odds(one) : words.always;
  const found = words.ofLines(best.filter((score) => score >= threshold).length, best.length);
  const lines = comparison.first * chanceOfMatch(calibration, threshold);
  const byChance = lines < 1 ? words.below1 : words.about1(Math.round(lines));
  return [words.chance(threshold.toFixed(3), odds), words.expect(found, byChance)];
}

/** Two digits: the estimate is no better. */
const readable = (value: number) => Number(value.toPrecision(value < 10 ? 1 : 2));

function viewName(): ViewName {
  return document.querySelector<HTMLInputElement>('input[name="view"]:checked')!.value as ViewName;
}

/** Saves what the view shows, all of it; gives the file's name. */
function saveView(): string {
  const name = `${viewName()}.csv`;
  save(name, toCsv(view!.rows));
  return name;
}

/** Follows the slider, the switches and the export button; `saved` hears the names of the files. */
export function startResults(saved: (name: string) => void): void {
  let asked = 0;
  slider.addEventListener('input', () => {
    // At most once a frame: a slider may speak more often.
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(showView);
  });
  element('view').addEventListener('change', showView);
  element('view').addEventListener('submit', (event) => event.preventDefault());
  element('export').addEventListener('click', () => saved(saveView()));
}
