import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download } from './download';
import { PartialFile } from './partial-file';

const URL_ = 'https://models.example/a.onnx';
const fetch_ = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', fetch_);
  vi.stubGlobal('location', { href: 'https://app.example/', origin: 'https://app.example' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  fetch_.mockReset();
});

function start(
  part: PartialFile,
  { sha256, signal = new AbortController().signal }: { sha256?: string; signal?: AbortSignal } = {},
) {
  const file = { path: 'a.onnx', ...(sha256 && { sha256 }) };
  const job = { url: URL_, file, signal, onBytes() {}, onChunk: async () => {}, settled: async () => {} };
  const result = download(job, part);
  result.catch(() => {});
  return result;
}

/** A body that gives these bytes and then ends, breaks or waits for ever. */
function body(text: string, then: 'end' | 'break' | 'stall', signal?: AbortSignal | null) {
  let given = false;
  return new ReadableStream<Uint8Array>({
    start: (controller) => signal?.addEventListener('abort', () => controller.error(signal.reason)),
    pull(controller) {
      if (!given) controller.enqueue(new TextEncoder().encode(text));
      else if (then === 'end') controller.close();
      else if (then === 'break') controller.error(new TypeError('network error'));
      else return new Promise(() => {});
      given = true;
    },
  });
}

const text = (part: PartialFile) => new TextDecoder().decode(part.bytes);
const sent = (n: number) =>
  Object.fromEntries(Object.entries(fetch_.mock.calls[n]![1]!.headers as Record<string, string>));
const ETag = '"v1"';

test('a connection that stalls for 30 seconds is given up and goes on by Range', async () => {
  fetch_
    .mockImplementationOnce(
      async (_, init) => new Response(body('{"a":', 'stall', init?.signal), { headers: { ETag } }),
    )
    .mockImplementationOnce(
      async () => new Response('1}', { status: 206, headers: { ETag, 'Content-Range': 'bytes 5-6/7' } }),
    );
  const part = new PartialFile(null);
  const result = start(part);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(fetch_).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_000);
  await result;
  expect(text(part)).toBe('{"a":1}');
  expect(sent(1)).toEqual({ Range: 'bytes=5-', 'If-Range': ETag });
});

test('a server that never answers ends in a DownloadError', async () => {
  fetch_.mockImplementation(
    (_, init) => new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))),
  );
  const result = start(new PartialFile(null));
  await vi.advanceTimersByTimeAsync(4 * 30_000 + 2_000);
  await expect(result).rejects.toMatchObject({ name: 'DownloadError', details: { kept: 0 } });
  expect(fetch_).toHaveBeenCalledTimes(4);
});

test('a weak ETag is no validator, Last-Modified is one', async () => {
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
  for (const [headers, expected] of [
    [{ ETag: 'W/"v1"' }, {}],
    [
      { ETag: 'W/"v1"', 'Last-Modified': date },
      { Range: 'bytes=2-', 'If-Range': date },
    ],
  ] as const) {
    fetch_.mockReset();
    fetch_
      .mockImplementationOnce(async () => new Response(body('ab', 'break'), { headers }))
      .mockImplementationOnce(async () => new Response('abcd'));
    const part = new PartialFile(null);
    const result = start(part);
    await vi.advanceTimersByTimeAsync(1_000);
    await result;
    expect([sent(1), text(part)]).toEqual([expected, 'abcd']);
  }
});

test('a refused preflight of If-Range costs one attempt, then the file is taken whole', async () => {
  fetch_
    .mockImplementationOnce(async () => new Response(body('ab', 'break'), { headers: { ETag } }))
    .mockImplementationOnce(async () => Promise.reject(new TypeError('Failed to fetch')))
    .mockImplementationOnce(async () => new Response('abcd', { headers: { ETag } }));
  const part = new PartialFile(null);
  const result = start(part);
  await vi.advanceTimersByTimeAsync(2_000);
  await result;
  expect([sent(1), sent(2), text(part)]).toEqual([{ Range: 'bytes=2-', 'If-Range': ETag }, {}, 'abcd']);
});

test('Retry-After is obeyed up to ten seconds', async () => {
  fetch_
    .mockImplementationOnce(async () => new Response('', { status: 429, headers: { 'Retry-After': '3' } }))
    .mockImplementationOnce(async () => new Response('', { status: 503, headers: { 'Retry-After': '3600' } }))
    .mockImplementationOnce(async () => new Response('abcd'));
  const part = new PartialFile(null);
  const result = start(part);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(fetch_).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(fetch_).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10_000);
  await result;
  expect(text(part)).toBe('abcd');
});

test('a hidden Content-Encoding makes Content-Length too small, not the file too long', async () => {
  fetch_.mockImplementationOnce(async () => new Response('abcdefgh', { headers: { 'Content-Length': '3' } }));
  const part = new PartialFile(null);
  await start(part);
  expect(text(part)).toBe('abcdefgh');
});

test('an abort before the start asks nothing of the server', async () => {
  await expect(start(new PartialFile(null), { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  expect(fetch_).not.toHaveBeenCalled();
});
