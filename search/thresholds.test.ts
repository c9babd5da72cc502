import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The rows of docs/thresholds.md by the names of the stored scores, in its order. */
const KINDS = ['noise', 'passageNoise', 'relevant'] as const;

test('the distributions of docs/thresholds.md are those of the stored scores', () => {
  const scores: Record<string, Record<(typeof KINDS)[number], number[]>> = JSON.parse(
    readFileSync(join(root, 'e2e/goldens/search/scores.json'), 'utf8'),
  );
  const rows = Object.entries(scores).flatMap(([model, kinds]) =>
    KINDS.map((kind) => {
      const sorted = kinds[kind].toSorted((a, b) => a - b);
      const quantile = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!.toFixed(2);
      const above = sorted.filter((score) => score > 0.5).length / sorted.length;
      return [model.split('/')[1], quantile(0.01), quantile(0.5), quantile(0.99), `${Math.round(100 * above)}%`];
    }),
  );
  const guide = readFileSync(join(root, 'docs/thresholds.md'), 'utf8');
  const told = Array.from(guide.matchAll(/^\| (bge-\S+) \| [^|]+ \| (.*) \|$/gm), ([, model, cells]) => [
    model,
    ...cells!.split(' | '),
  ]);
  expect(told).toEqual(rows);
});
