import { withSignal } from './signal.js';

/**
 * Takes texts from a source in pieces of `size`, and gives what `encode` makes of each (and of the number of texts before it), in order and in bounded memory: at
 * most two pieces are in flight, and no text is taken before there is room for it. Leaving the loop early cancels what is in flight.
 */
export async function* encodePieces<T>(
  texts: Iterable<string> | AsyncIterable<string>,
  size: number,
  signal: AbortSignal | undefined,
  encode: (piece: readonly string[], first: number, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const pieces = piecesOf(texts, size);
  const left = new AbortController();
  const abort = () => left.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  let current: Promise<T> | undefined;
  let taken = 0;
  try {
    for (;;) {
      const next = pieces.next();
      next.catch(() => {});
      // A piece that is done, or has failed, does not wait for a source that is slow.
      const first = [current?.then(() => true), next.then(() => false)];
      if (await withSignal(signal, () => Promise.race(first.filter((promise) => promise !== undefined)))) {
        yield await current!;
        current = undefined;
      }
      const { done, value } = await withSignal(signal, () => next);
      const following = done ? undefined : encode(value, taken, left.signal);
      taken += value?.length ?? 0;
      following?.catch(() => {});
      if (current) yield await current;
      if (!following) return;
      current = following;
    }
  } finally {
    left.abort();
    signal?.removeEventListener('abort', abort);
    pieces.return().catch(() => {}); // not awaited: a source that is idle would never answer
  }
}

async function* piecesOf(
  texts: Iterable<string> | AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  let piece: string[] = [];
  for await (const text of texts) {
    piece.push(text);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
