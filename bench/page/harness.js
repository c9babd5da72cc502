// What bench/run.mjs asks of a page, whatever library it holds: reached by `window.bench`. Times are taken in the page.

/** @param {(parameters: URLSearchParams) => Promise<(texts: string[], batch: number) => Promise<ArrayLike<number>[]>>} load */
export function contender(load) {
  const loaded = load(new URLSearchParams(location.search)).then((encode) => ({ encode, at: performance.now() }));
  loaded.catch(() => {}); // whoever asks hears of it

  const encode = async (texts, batch) => (await loaded).encode(texts, batch);
  const time = async (texts, batch) => {
    await loaded;
    const start = performance.now();
    await encode(texts, batch);
    return performance.now() - start;
  };

  window.bench = {
    /** Milliseconds from the start of the navigation until the model was loaded. */
    ready: async () => (await loaded).at,
    /** Milliseconds for all the texts. */
    time,
    /** Milliseconds for each text, one call after another. */
    async each(texts) {
      const times = [];
      for (const text of texts) times.push(await time([text], 1));
      return times;
    },
    rows: async (texts, batch) => (await encode(texts, batch)).map((row) => [...row]),
  };
}
