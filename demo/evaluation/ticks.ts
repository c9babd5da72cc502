import type { Tick } from './plots';

/** Round numbers from `least` to `most`, in five steps or fewer of `leastStep` at least, and their places between the two. */
export function ticksOf(least: number, most: number, leastStep = 0): Tick[] {
  const rough = Math.max((most - least || 1) / 5, leastStep);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough * (1 - 1e-9))!;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: Tick[] = [];
  for (let i = Math.ceil(least / step - 1e-9); i * step <= most + step * 1e-9; i++)
    ticks.push({ at: (i * step - least) / (most - least || 1), text: (i * step).toFixed(digits).replace('-', '−') });
  return ticks;
}

/** The next round number below or above, in steps of 0.1. */
export const below = (value: number) => Math.floor(value * 10 + 1e-9) / 10;
export const above = (value: number) => Math.ceil(value * 10 - 1e-9) / 10;
