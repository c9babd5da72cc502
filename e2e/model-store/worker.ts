import type { BgeErrorDetails } from '../../src/shared/errors';
import type { LoadEvent } from '../../src/shared/protocol';
import { type FileRequest, openModelStore } from '../../worker/model-store';
import { Database } from '../../worker/model-store/database';

export interface ReadRequest {
  readonly files: readonly FileRequest[];
  readonly cache?: boolean;
  /** What this browser does not have. */
  readonly without?: readonly ('indexedDB' | 'indexedDB.open' | 'an answer of indexedDB' | 'locks' | 'crypto.subtle')[];
  /** Aborts with the reason 'enough' at the first event of a phase, when so many bytes are loaded, or after so many milliseconds. */
  readonly abort?: { readonly phase?: LoadEvent['phase']; readonly loaded?: number; readonly ms?: number };
}

export interface ReadOutcome {
  /** SHA-256 of each file; null where the read rejected. */
  readonly hashes: readonly string[] | null;
  readonly error: { readonly name: string; readonly message: string; readonly details?: BgeErrorDetails } | null;
  /** With the time of each, in milliseconds. */
  readonly events: readonly (LoadEvent & { readonly at: number })[];
  /** From the abort to the rejection. */
  readonly abortMs: number | null;
}

const missing = (target: object, name: string, value?: unknown) =>
  Object.defineProperty(target, name, { value, configurable: true });

self.onmessage = async ({ data: { files, cache = true, without = [], abort = {} } }: MessageEvent<ReadRequest>) => {
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  const never = { open: () => ({}) };
  const refuses = {
    open() {
      throw new DOMException('not in private windows', 'SecurityError');
    },
  };
  if (without.includes('indexedDB')) missing(self, 'indexedDB');
  if (without.includes('indexedDB.open')) missing(self, 'indexedDB', refuses);
  if (without.includes('an answer of indexedDB')) missing(self, 'indexedDB', never);
  if (without.includes('locks')) missing(navigator, 'locks');
  if (without.includes('crypto.subtle')) missing(crypto, 'subtle');

  const controller = new AbortController();
  let abortedAt: number | null = null;
  const stop = () => {
    abortedAt ??= performance.now();
    controller.abort('enough');
  };
  const events: ReadOutcome['events'][number][] = [];
  const onEvent = (event: LoadEvent) => {
    events.push({ ...event, at: performance.now() });
    const enough = event.phase === 'download' && event.loaded >= (abort.loaded ?? Number.POSITIVE_INFINITY);
    if (event.phase === abort.phase || enough) stop();
  };
  if (abort.ms !== undefined) setTimeout(stop, abort.ms);
  let hashes: string[] | null = null;
  let error: ReadOutcome['error'] = null;
  try {
    const store = openModelStore({ openCache: cache ? Database.open : null, onEvent, signal: controller.signal });
    hashes = await Promise.all((await store.read(files)).map(async (bytes) => hex(await digest('SHA-256', bytes))));
  } catch (thrown) {
    error =
      thrown instanceof Error
        ? { ...thrown, name: thrown.name, message: thrown.message }
        : { name: 'reason', message: String(thrown) };
  }
  const abortMs = abortedAt === null ? null : performance.now() - abortedAt;
  // What is stored after an abort is only known once the store has wound down.
  if (abortMs !== null) await new Promise((resolve) => setTimeout(resolve, 300));
  self.postMessage({ hashes, error, events, abortMs } satisfies ReadOutcome);
};

const hex = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
