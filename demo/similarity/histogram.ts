const BINS = 48;
const SVG = 'http://www.w3.org/2000/svg';

/** Draws how often scores occur: the unrelated pairs behind, the best matches in front, each as high as its own most frequent score. */
export function histogram(
  noise: ArrayLike<number>,
  best: readonly number[],
  least: number,
  most: number,
): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${BINS} 1`);
  svg.setAttribute('preserveAspectRatio', 'none');
  for (const [kind, scores] of [['noise', noise] as const, ['best', best] as const]) {
    const counts = new Array<number>(BINS).fill(0);
    for (let i = 0; i < scores.length; i++) {
      const bin = Math.floor(((scores[i]! - least) / (most - least)) * BINS);
      if (bin >= 0 && bin <= BINS) counts[Math.min(bin, BINS - 1)]!++;
    }
    const highest = Math.max(...counts, 1);
    for (const [bin, count] of counts.entries()) {
      if (count === 0) continue;
      const bar = document.createElementNS(SVG, 'rect');
      const height = count / highest;
      const place = { x: bin + 0.08, y: 1 - height, width: 0.84, height, class: kind };
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, String(value));
      svg.append(bar);
    }
  }
  return svg;
}
