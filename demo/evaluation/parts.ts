import { make } from '../shared/dom';

/** A table: the first cell of each row is its heading. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
  className = 'numbers',
): HTMLTableElement {
  const head = make('tr', {}, ...heads.map((textContent) => make('th', { scope: 'col', textContent })));
  const body = rows.map(([first, ...cells]) =>
    make('tr', {}, make('th', { scope: 'row' }, first!), ...cells.map((cell) => make('td', {}, cell))),
  );
  return make('table', { className }, make('thead', {}, head), make('tbody', {}, ...body));
}

/** A plot with its title, what its colours mean, and its numbers as a table. */
export function figure(
  title: string,
  plot: SVGSVGElement,
  keys: readonly (readonly [name: string, text: string])[],
  numbers: { readonly summary: string; readonly table: HTMLTableElement } | null,
): HTMLElement {
  const made = make('figure', {}, make('h3', { textContent: title }), plot);
  if (keys.length > 0)
    made.append(
      make(
        'p',
        { className: 'keys hint', ariaHidden: 'true' },
        ...keys.map(([name, text]) => make('span', { className: `key ${name}`, textContent: text })),
      ),
    );
  if (numbers)
    made.append(
      make('details', {}, make('summary', { className: 'hint', textContent: numbers.summary }), numbers.table),
    );
  return made;
}

/** A list that shows some of its items, and more of them when asked. */
export function longList(items: readonly (() => HTMLElement)[], step: number, more: (n: number) => string): Node[] {
  const list = make('ol', { className: 'failures' });
  const button = make('button', { type: 'button' });
  const grow = () => {
    const from = list.children.length;
    list.append(...items.slice(from, from + step).map((item) => item()));
    const left = items.length - list.children.length;
    button.textContent = more(Math.min(step, left));
    button.hidden = left === 0;
    return list.children[from] as HTMLElement | undefined;
  };
  button.addEventListener('click', () => {
    const first = grow();
    // The button may be gone now; a reader goes on with what has come.
    first?.setAttribute('tabindex', '-1');
    first?.focus();
  });
  grow();
  return [list, button];
}
