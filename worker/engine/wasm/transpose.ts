const TILE = 32;

/** columns × rows of rows × columns, a tile at a time, so that both sides stay in the cache. */
export function transpose<Values extends Float32Array | Int8Array>(
  values: Values,
  rows: number,
  columns: number,
): Values {
  const turned = new (values.constructor as new (length: number) => Values)(values.length);
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE)
      for (let row = top; row < Math.min(top + TILE, rows); row++)
        for (let column = left; column < Math.min(left + TILE, columns); column++)
          turned[column * rows + row] = values[row * columns + column]!;
  return turned;
}
