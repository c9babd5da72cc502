/**
 * From the moment that it stands in the page, the browser refuses what the page wants to fetch, load or send. A policy binds
 * the page, and the workers that it starts from a blob, with all that those start in turn. It does not bind a worker that is
 * already there, nor one that comes from a URL, which has the policy of its own answer. What no policy forbids is leaving the
 * page (a link, `location`) and WebRTC; this page has neither.
 */
const POLICY = [
  "default-src 'none'",
  "connect-src 'none'",
  // The model's engine is compiled, not loaded.
  "script-src 'wasm-unsafe-eval'",
  'worker-src blob:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

type Message =
  | { readonly kind: 'try'; readonly url: string }
  | { readonly kind: 'asked' | 'refused'; readonly url: string }
  | { readonly kind: 'answer'; readonly who: 'page' | 'worker'; readonly refused: boolean };

/** Reports the requests of a page or of a worker. It runs in both, in the worker as text: so it uses nothing from outside. */
function watch(channelName: string): void {
  const channel = new BroadcastChannel(channelName);
  const tell = (message: Message) => channel.postMessage(message);
  const who = 'document' in globalThis ? 'page' : 'worker';
  const requests = new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) if (/^(http|ws)/.test(name)) tell({ kind: 'asked', url: name });
  });
  requests.observe({ type: 'resource' });
  addEventListener('securitypolicyviolation', ({ blockedURI }) => tell({ kind: 'refused', url: blockedURI }));
  channel.addEventListener('message', async ({ data }: MessageEvent<Message>) => {
    if (data.kind !== 'try') return;
    const answer = (refused: boolean) => tell({ kind: 'answer', who, refused });
    await fetch(data.url).then(
      () => answer(false),
      () => answer(true),
    );
  });
}

/** What happened since the page was locked. */
export interface Count {
  /** Requests that left the page or one of its workers. */
  readonly sent: number;
  /** Requests that the browser refused. */
  readonly refused: number;
}

/** Locks the page for as long as it is open; `onCount` hears of each request that it or a worker of `lockedWorker` makes. */
export class Lock {
  readonly #name = `lock-${crypto.randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.#name);
  readonly #asked: string[] = [];
  readonly #refused: string[] = [];

  constructor(onCount: (count: Count) => void) {
    const meta = Object.assign(document.createElement('meta'), {
      httpEquiv: 'Content-Security-Policy',
      content: POLICY,
    });
    document.head.append(meta);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'asked') this.#asked.push(data.url);
      else if (data.kind === 'refused') this.#refused.push(data.url);
      else return;
      onCount(this.#count());
    });
    watch(this.#name);
  }

  /** Makes a function that makes workers under the policy of the page. The code must be whole: nothing can be imported any more. */
  lockedWorker(code: string): () => Worker {
    const watched = `(${watch})(${JSON.stringify(this.#name)});\n${code}`;
    const url = URL.createObjectURL(new Blob([watched], { type: 'text/javascript' }));
    return () => new Worker(url, { type: 'module' });
  }

  /** Tries to send a request to the page's own server, from the page and from its workers; tells who was refused within 3 s. */
  async trial(): Promise<Record<'page' | 'worker', boolean>> {
    const refused = { page: false, worker: false };
    const channel = new BroadcastChannel(this.#name);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 3000);
      channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
        if (data.kind !== 'answer') return;
        refused[data.who] = data.refused;
        if (!data.refused || (refused.page && refused.worker)) resolve();
      });
      channel.postMessage({ kind: 'try', url: new URL('?lock-test', location.href).href } satisfies Message);
    });
    channel.close();
    return refused;
  }

  /** A refused request may have an entry among those that were made; `ws:` ones have none. */
  #count(): Count {
    const refused = new Set(this.#refused);
    return { sent: this.#asked.filter((url) => !refused.has(url)).length, refused: this.#refused.length };
  }
}
