import { BgeError } from '../../src/shared/errors';
import type { ModelFile } from '../../src/shared/models';
import { canDigest } from './digest';
import { type Gap, Mismatch, type PartialFile } from './partial-file';

const RETRIES = 3;
const FIRST_PAUSE_MS = 250;
/** A server may ask for a longer pause than that; not for one without end. */
const LONGEST_PAUSE_MS = 10_000;
/** A connection without a byte for so long is given up: a phone that changed its network gets no error. */
const STALL_MS = 30_000;

export interface Download {
  readonly url: string;
  readonly file: ModelFile;
  readonly signal: AbortSignal;
  /** What the browser's HTTP cache does. Default `no-store`: where IndexedDB is the cache it would keep a second copy. */
  readonly cache?: RequestCache;
  /** After each piece that arrived. */
  onBytes(): void;
  /** A chunk became whole; the download waits for the promise, which must not reject. */
  onChunk(n: number): Promise<void>;
  /** Nothing of what `onChunk` started is under way any more. */
  settled(): Promise<void>;
}

/** An attempt failed in a way that the next one may not. */
class Retry extends Error {
  constructor(
    message: string,
    readonly afterMs = 0,
  ) {
    super(message);
  }
}

/**
 * Fills every gap of the file from the server.
 * Rejects with `ModelFileNotFoundError`, with `DownloadError` after the retries, with `Mismatch`, or with the signal's reason.
 */
export async function download(job: Download, part: PartialFile): Promise<void> {
  const server: Server = { ranges: true, ifRange: true };
  try {
    for (let failures = 0, gap = part.gap(); gap; gap = part.gap()) {
      try {
        await fillGap(job, part, gap, server);
      } catch (error) {
        job.signal.throwIfAborted();
        if (!(error instanceof Retry)) throw error;
        if (++failures > RETRIES) throw await givenUp(job, part, error);
        await pause(Math.max(FIRST_PAUSE_MS * 2 ** (failures - 1), error.afterMs), job.signal);
      }
    }
  } finally {
    await job.settled();
  }
}

interface Server {
  /** False after it failed to continue; true again with a fresh start, which has fresh validators. */
  ranges: boolean;
  /** A cross-origin If-Range needs a preflight, which many file servers refuse (Hugging Face's does). */
  ifRange: boolean;
}

async function fillGap(job: Download, part: PartialFile, gap: Gap, server: Server): Promise<void> {
  job.signal.throwIfAborted();
  const headers = rangeHeaders(job, part, gap, server);
  const ranged = 'Range' in headers;
  const watch = watchdog(job.signal);
  try {
    const response = await watch
      .wait(() =>
        fetch(job.url, {
          headers,
          signal: watch.signal,
          credentials: 'same-origin',
          cache: job.cache ?? 'no-store',
        }),
      )
      .catch((error) => {
        if ('If-Range' in headers && crossOrigin(job.url)) server.ifRange = false;
        throw error;
      });
    checkStatus(job, response);
    const whole = response.status === 200;
    if (response.status === 416 || (!whole && !continues(response, part, gap, ranged))) {
      if (!ranged)
        throw new BgeError(
          'DownloadError',
          `${job.url}: the server answered ${response.status} to a request for the whole file`,
        );
      server.ranges = false;
      throw new Retry('the server cannot continue where the file stopped');
    }
    if (whole) {
      await job.settled();
      part.reset();
      server.ranges = true;
    }
    note(response, part);
    await receive(job, part, whole ? { start: 0, end: part.size } : gap, response, watch);
  } finally {
    watch.end();
  }
}

function rangeHeaders({ url, file }: Download, part: PartialFile, gap: Gap, server: Server): Record<string, string> {
  const open = gap.end === null || gap.end === part.size;
  if (!server.ranges || (gap.start === 0 && open)) return {};
  const Range = `bytes=${gap.start}-${open ? '' : gap.end! - 1}`;
  // A weak ETag may name other bytes, and servers must refuse it here.
  const validator = part.etag?.startsWith('"') ? part.etag : part.lastModified;
  const hashKnown = canDigest() && (file.sha256 ?? part.sha256) !== null;
  // Across origins Range alone is a simple request, and a known hash finds a wrong continuation as well.
  if (hashKnown && (!validator || crossOrigin(url))) return { Range };
  return validator && server.ifRange ? { Range, 'If-Range': validator } : {};
}

/** Node has no origin, and needs no leave of another. */
function crossOrigin(url: string): boolean {
  const { location } = globalThis;
  return location !== undefined && new URL(url, location.href).origin !== location.origin;
}

function checkStatus({ url, file }: Download, { status, headers, ok }: Response): void {
  const details = { url, status };
  const error = (name: 'ModelFileNotFoundError' | 'DownloadError', message: string) =>
    new BgeError(name, `${file.path}: ${message} (${url})`, { details });
  if (status === 404 || status === 410)
    throw error('ModelFileNotFoundError', `the server has no such file, it answered ${status}`);
  if (status === 401 || status === 403)
    throw error('DownloadError', `the server does not give out this file, it answered ${status}`);
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const after = Number(headers.get('retry-after')) * 1000;
    throw new Retry(`the server answered ${status}`, after > 0 ? Math.min(after, LONGEST_PAUSE_MS) : 0);
  }
  if (status === 416) return;
  if (!ok) throw error('DownloadError', `the server answered ${status}`);
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) throw webPage({ url, file }, status);
}

/** Many servers answer a missing path with their start page and 200. */
function webPage({ url, file }: Pick<Download, 'url' | 'file'>, status: number): BgeError {
  const message = `${file.path}: the server answered with a web page instead of the file; is the file there? (${url})`;
  return new BgeError('ModelFileNotFoundError', message, { details: { url, status, html: true } });
}

/** True if the partial answer is the one asked for. Across origins the server may hide these headers. */
function continues({ status, headers }: Response, part: PartialFile, gap: Gap, ranged: boolean): boolean {
  if (status !== 206 || !ranged || headers.has('content-encoding')) return false;
  const etag = headers.get('etag');
  if (etag && part.etag && etag !== part.etag) return false;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (!range) return true;
  return Number(range[1]) === gap.start && (range[2] === '*' || part.size === null || Number(range[2]) === part.size);
}

/** What the headers say about the whole file. */
function note({ status, headers }: Response, part: PartialFile): void {
  part.etag = headers.get('etag') ?? part.etag;
  part.lastModified = headers.get('last-modified') ?? part.lastModified;
  // Not from ETag: Hugging Face's file servers send 64 hex digits there which are another hash (Xet's).
  part.sha256 = /^"?([0-9a-f]{64})"?$/i.exec(headers.get('x-linked-etag') ?? '')?.[1]?.toLowerCase() ?? part.sha256;
  const total = headers.get('x-linked-size') ?? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  if (total) part.setSize(Number(total));
  else if (status === 200) part.expect(contentLength(headers) ?? 0);
}

/** Null where it is not the length of the file. A cross-origin server hides Content-Encoding, so it may still be wrong. */
function contentLength(headers: Headers): number | null {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? null : Number(length);
}

async function receive(job: Download, part: PartialFile, gap: Gap, response: Response, watch: Watchdog): Promise<void> {
  const reader = response.body?.getReader();
  let at = gap.start;
  while (reader) {
    const { done, value } = await watch.wait(() => reader.read());
    if (done) break;
    if (at === 0 && isMarkup(value)) throw webPage(job, response.status);
    // A server may send more than the asked range; what follows is there already.
    const data = gap.end !== null && gap.end !== part.size ? value.subarray(0, gap.end - at) : value;
    const chunks = part.write(at, data);
    at += data.length;
    job.onBytes();
    for (const n of chunks) await job.onChunk(n);
    if (at === gap.end) break;
  }
  const announced = contentLength(response.headers);
  const received = at - gap.start;
  if (part.size === null ? received < (announced ?? 0) : at < (gap.end ?? part.size)) {
    // All that the server has, yet not what it should have.
    if (response.status === 200 && received === announced)
      throw new Mismatch(`it has ${at} bytes instead of ${part.size}`);
    throw new Retry(`the connection ended after ${at} bytes`);
  }
  if (part.size === null) for (const n of part.end(at)) await job.onChunk(n);
  job.onBytes();
}

/** No ONNX, JSON or vocabulary file begins like a document of markup. */
const isMarkup = (start: Uint8Array) =>
  /^\s*<(!doctype|!--|\?xml|html|head|body|script)/i.test(new TextDecoder().decode(start.subarray(0, 200)));

async function givenUp({ url, file, settled }: Download, part: PartialFile, last: Retry): Promise<BgeError> {
  await settled();
  const { stored } = part;
  const kept = stored
    ? `the first ${(stored / 1e6).toFixed(1)} MB are kept, and the next attempt goes on from there`
    : 'nothing of it is kept';
  const message = `${file.path}: ${last.message}, also after ${RETRIES} retries; ${kept} (${url})`;
  return new BgeError('DownloadError', message, { cause: last, details: { url, kept: stored } });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Node says in the cause what was wrong. */
const reasonOf = ({ message, cause }: Error) => (cause instanceof Error ? cause.message : message);

type Watchdog = ReturnType<typeof watchdog>;

/** The signal of one attempt: aborted with the caller's signal, when nothing arrives for too long, and at the end. */
function watchdog(outer: AbortSignal) {
  const inner = new AbortController();
  const abort = () => inner.abort(outer.reason);
  outer.addEventListener('abort', abort, { once: true });
  return {
    signal: inner.signal,
    async wait<T>(step: () => Promise<T>): Promise<T> {
      const timer = setTimeout(
        () => inner.abort(new Retry(`nothing arrived for ${STALL_MS / 1000} seconds`)),
        STALL_MS,
      );
      try {
        return await step();
      } catch (error) {
        if (inner.signal.aborted) throw inner.signal.reason;
        throw new Retry(`the network failed or the page may not reach the server (${reasonOf(error as Error)})`);
      } finally {
        clearTimeout(timer);
      }
    },
    end(): void {
      outer.removeEventListener('abort', abort);
      inner.abort();
    },
  };
}
