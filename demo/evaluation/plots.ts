const SVG = 'http://www.w3.org/2000/svg';

/** In units of the drawing; what is inside of the margins is the plot. */
const SIZE = { width: 360, height: 230 };
const MARGIN = { left: 44, right: 12, top: 12, bottom: 42 };
const INNER = {
  width: SIZE.width - MARGIN.left - MARGIN.right,
  height: SIZE.height - MARGIN.top - MARGIN.bottom,
};

/** A mark on an axis: its place, 0 to 1, and what is written there. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Axes {
  /** What the plot says, for who cannot see it. */
  readonly label: string;
  readonly x: { readonly title: string; readonly ticks: readonly Tick[] };
  readonly y: { readonly title: string; readonly ticks: readonly Tick[] };
}

/** All places are 0 to 1, from the left and from below. */
export type Point = readonly [x: number, y: number];

/** Lines through points; `name` is the class by which the style sheet tells them apart. */
export function linePlot(
  axes: Axes,
  lines: readonly { readonly name: string; readonly points: readonly Point[] }[],
): SVGSVGElement {
  const svg = frame(axes);
  for (const { name, points } of lines) {
    const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${left(x)} ${top(y)}`).join('');
    svg.append(shape('path', { class: `line ${name}`, d: path }));
    for (const [x, y] of points) svg.append(shape('circle', { class: `mark ${name}`, cx: left(x), cy: top(y), r: 3 }));
  }
  return svg;
}

/** Bars side by side; each is 0 to 1 high. */
export function barPlot(axes: Axes, bars: readonly number[], name: string): SVGSVGElement {
  const svg = frame(axes);
  const width = 1 / bars.length;
  for (const [i, height] of bars.entries()) {
    if (height === 0) continue;
    svg.append(
      shape('rect', {
        class: `bar ${name}`,
        x: left((i + 0.08) * width),
        y: top(height),
        width: 0.84 * width * INNER.width,
        height: height * INNER.height,
      }),
    );
  }
  return svg;
}

/** A point each, in one path: thousands of them are no more to lay out than one. */
export function scatterPlot(axes: Axes, points: readonly Point[]): SVGSVGElement {
  const svg = frame(axes);
  svg.append(shape('path', { class: 'points', d: points.map(([x, y]) => `M${left(x)} ${top(y)}h0`).join('') }));
  return svg;
}

function frame({ label, x, y }: Axes): SVGSVGElement {
  const svg = shape('svg', {
    class: 'plot',
    viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
    role: 'img',
    'aria-label': label,
  });
  for (const { at, text } of y.ticks) {
    svg.append(shape('path', { class: 'grid', d: `M${left(0)} ${top(at)}H${left(1)}` }));
    svg.append(written(text, { class: 'tick', x: left(0) - 6, y: top(at) + 4, 'text-anchor': 'end' }));
  }
  for (const { at, text } of x.ticks)
    svg.append(written(text, { class: 'tick', x: left(at), y: top(0) + 17, 'text-anchor': 'middle' }));
  svg.append(shape('path', { class: 'axis', d: `M${left(0)} ${top(0)}H${left(1)}` }));
  svg.append(written(x.title, { class: 'title-x', x: left(0.5), y: SIZE.height - 6, 'text-anchor': 'middle' }));
  const turned = `translate(11 ${top(0.5)}) rotate(-90)`;
  svg.append(written(y.title, { class: 'title-y', transform: turned, 'text-anchor': 'middle' }));
  return svg as SVGSVGElement;
}

const left = (x: number) => round(MARGIN.left + x * INNER.width);
const top = (y: number) => round(MARGIN.top + (1 - y) * INNER.height);
const round = (value: number) => Math.round(value * 100) / 100;

function shape(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function written(text: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = shape('text', attributes);
  made.textContent = text;
  return made;
}
