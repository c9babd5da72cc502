/**
 * Downloads a file that was packed by gzip, and unpacks it. `total` is 0 where the server does not say it. Rejects with the browser's
 * error if the server, the network or the unpacking fails, and with the reason of `signal`.
 */
export async function download(
  url: string,
  onProgress: (loaded: number, total: number) => void,
  signal: AbortSignal | null = null,
): Promise<Blob> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`);
  const total = Number(response.headers.get('Content-Length'));
  let loaded = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded += chunk.length;
      onProgress(loaded, total);
      controller.enqueue(chunk);
    },
  });
  const unpacked = response.body.pipeThrough(counting).pipeThrough(new DecompressionStream('gzip'));
  return new Response(unpacked).blob();
}
