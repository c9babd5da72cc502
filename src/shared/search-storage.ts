/** How indexes lie in IndexedDB: keys are arrays, so that everything of one index is two ranges of keys. */
export const INDEX_DATABASE = 'bge-web-search';
export const INDEX_STORE = 'indexes';

export const manifestKey = (name: string, slot: string) => ['manifest', name, slot];

export const segmentKey = (name: string, id: string) => ['segment', name, id];

/** The lowest and highest key of an index's manifests or segments; an array sorts after every string. */
export const indexKeys = (kind: 'manifest' | 'segment', ...name: string[]) =>
  [
    [kind, ...name],
    [kind, ...name, []],
  ] as const;

/** The name of the Web Lock that a writer holds, and of the channel by which it tells the other tabs. */
export const indexChannel = (name: string) => `bge-web-search:${name}`;
