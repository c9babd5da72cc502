/** The model must not wait for ever for a copy that cannot be made. */
const LONGEST = 5000;

/** Keeps a copy of this page and its workers, so that it opens without a network; resolves when that is there, or will come later or never. */
export async function keepOffline(): Promise<void> {
  // The service worker is a part of the built page only: `npm start` serves that.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('./sw.js');
    await Promise.race([navigator.serviceWorker.ready, new Promise((resolve) => setTimeout(resolve, LONGEST))]);
  } catch {
    // Some private modes allow none: the page works, with a network. The storage panel says so.
  }
}
