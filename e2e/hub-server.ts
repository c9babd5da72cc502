import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerOptions {
  /** The folder for each path prefix, such as `{ '/': dist, '/models/': models }`; the longest prefix wins. */
  readonly roots: Record<string, string>;
  /** A folder with `<org>/<name>/<file>`, served as the hub does: `/<org>/<name>/resolve/<revision>/<file>`. */
  readonly hub?: string;
  /** More headers for each path prefix, such as `{ '/isolated/': isolation }`; all prefixes that fit are applied. */
  readonly headers?: Record<string, Record<string, string>>;
}

/** The headers that make a page cross-origin isolated; its worker scripts need them too. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export const csp = (policy: string) => ({ 'Content-Security-Policy': policy });

export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly range: string | undefined;
  readonly status: number;
}

export type Server = Awaited<ReturnType<typeof startServer>>;

/** What can be wrong with an answer. */
interface Faults {
  cut?: { readonly bytes: number; readonly how: 'content-length' | 'close' };
  answer?: { readonly status?: number; readonly type?: string; readonly body?: string };
  corrupt?: number;
  delay?: number;
  bytesPerSecond?: number;
  headers?: Record<string, string | null>;
}

const ALWAYS = Number.POSITIVE_INFINITY;

/** Serves files on a free port of 127.0.0.1, with ETag, Range and CORS, and with the faults that a test asks for. */
export async function startServer(given: ServerOptions) {
  const roots = { ...given.roots };
  const options = { ...given, roots };
  const log: LoggedRequest[] = [];
  let faults: { path: RegExp; times: number; fault: Faults }[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const fault: Faults = {};
    for (const one of request.method === 'OPTIONS' ? [] : faults) {
      // The first of each kind applies, the next when that has worn off.
      if (one.times <= 0 || !one.path.test(path) || Object.keys(one.fault).some((kind) => kind in fault)) continue;
      one.times--;
      Object.assign(fault, one.fault);
    }
    const writeHead = (status: number, headers: OutgoingHttpHeaders) => {
      log.push({ method: request.method ?? '', url, range: request.headers.range, status });
      return response.writeHead(status, { ...headers, ...extraHeaders(options, path) });
    };
    answer(options, path, request, response, fault, writeHead).catch((error) => {
      if (!response.headersSent) writeHead(500, {});
      response.destroy(error);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const add = (path: RegExp, times: number, fault: Faults) => void faults.push({ path, times, fault });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every answered request, the oldest first; a test may empty it. */
    log,
    /** Serves one more folder from now on. */
    serve: (prefix: string, folder: string) => void Object.assign(roots, { [prefix]: folder }),
    // Each fault wears off after `times` answers.
    /** The body ends after so many bytes: with an announced length (an error for the client) or silently. */
    cutAfter(path: RegExp, bytes: number, options: { times?: number; how?: 'content-length' | 'close' } = {}) {
      add(path, options.times ?? 1, { cut: { bytes, how: options.how ?? 'content-length' } });
    },
    answer: (path: RegExp, { times = ALWAYS, ...answer }: NonNullable<Faults['answer']> & { times?: number }) =>
      add(path, times, { answer }),
    /** The byte at this place of the file is another one. */
    corrupt: (path: RegExp, offset: number, times = ALWAYS) => add(path, times, { corrupt: offset }),
    /** Milliseconds before the answer. */
    delay: (path: RegExp, ms: number, times = ALWAYS) => add(path, times, { delay: ms }),
    slow: (path: RegExp, bytesPerSecond: number, times = ALWAYS) => add(path, times, { bytesPerSecond }),
    /** Other headers; null leaves one out. */
    headers: (path: RegExp, headers: Record<string, string | null>, times = ALWAYS) => add(path, times, { headers }),
    clearFaults() {
      faults = [];
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  mjs: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  wasm: 'application/wasm',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
};

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Expose-Headers': 'ETag, Content-Range, Content-Length, X-Linked-ETag, X-Linked-Size',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

async function answer(
  options: ServerOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Faults,
  writeHead: (status: number, headers: OutgoingHttpHeaders) => ServerResponse,
): Promise<void> {
  if (request.method === 'OPTIONS') return void writeHead(204, CORS).end();
  if (fault.delay) await sleep(fault.delay);
  if (fault.answer) {
    const { status = 200, type = 'text/plain', body = '' } = fault.answer;
    return void writeHead(status, { ...CORS, 'Content-Type': type }).end(body);
  }
  const file = await find(options, path);
  if (!file) return void writeHead(404, CORS).end();
  const etag = `"${file.size.toString(16)}-${file.mtimeMs.toString(16)}"`;
  const given = Object.fromEntries(
    Object.entries({ ETag: etag, ...fault.headers }).filter(([, value]) => value !== null),
  );
  const headers = {
    ...CORS,
    'Content-Type': TYPES[extname(file.path).slice(1)] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ...given,
  };
  const ifRange = request.headers['if-range'];
  const asked = !ifRange || ifRange === given.ETag ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null;
  const start = Number(asked?.[1] ?? 0);
  const end = Math.min(asked?.[2] ? Number(asked[2]) + 1 : file.size, file.size);
  if (asked && start >= end) {
    return void writeHead(416, { ...headers, 'Content-Range': `bytes */${file.size}` }).end();
  }
  if (fault.cut?.how === 'close') response.useChunkedEncodingByDefault = false;
  writeHead(asked ? 206 : 200, {
    ...headers,
    ...(asked && { 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` }),
    ...(fault.cut?.how === 'close' ? { Connection: 'close' } : { 'Content-Length': end - start }),
    ...given,
  });
  if (request.method === 'HEAD') return void response.end();
  await send(response, file.path, start, Math.min(end, start + (fault.cut?.bytes ?? file.size)), fault);
  if (fault.cut?.how === 'content-length') response.destroy();
  else response.end();
}

async function send(response: ServerResponse, path: string, start: number, end: number, fault: Faults): Promise<void> {
  if (start >= end) return;
  let at = start;
  for await (const data of createReadStream(path, { start, end: end - 1 }) as AsyncIterable<Buffer>) {
    const wrong = (fault.corrupt ?? -1) - at;
    if (wrong >= 0 && wrong < data.length) data[wrong]! ^= 0xff;
    at += data.length;
    if (fault.bytesPerSecond) await sleep((data.length / fault.bytesPerSecond) * 1000);
    if (response.destroyed) return;
    // The callback also comes, with an error, when the client has left.
    await new Promise((resolve) => response.write(data, resolve));
  }
}

/** The file under the path, or its index.html; null where there is none. */
async function find({ roots, hub }: ServerOptions, path: string) {
  const onHub = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(path);
  const prefix = Object.keys(roots)
    .filter((root) => path.startsWith(root))
    .sort((a, b) => b.length - a.length)[0];
  const candidates: string[] = [];
  if (hub && onHub) candidates.push(join(hub, normalize(`/${onHub[1]}/${onHub[2]}`)));
  if (prefix !== undefined) candidates.push(join(roots[prefix]!, normalize(`/${path.slice(prefix.length)}`)));
  for (const candidate of candidates.flatMap((file) => [file, join(file, 'index.html')])) {
    const found = await stat(candidate).catch(() => null);
    if (found?.isFile()) return { path: candidate, size: found.size, mtimeMs: found.mtimeMs };
  }
  return null;
}

function extraHeaders({ headers = {} }: ServerOptions, path: string): Record<string, string> {
  const fitting = Object.keys(headers).filter((prefix) => path.startsWith(prefix));
  return Object.assign({}, ...fitting.map((prefix) => headers[prefix]));
}
