// Keeps the app's own files for offline use, and never a model's.
const isModel = (url) => new URL(url).pathname.startsWith('/models/');
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || isModel(event.request.url)) return;
  event.respondWith(
    fetch(event.request)
      .then(async (response) => {
        const cache = await caches.open('app');
        await cache.put(event.request, response.clone());
        return response;
      })
      .catch(async () => (await caches.match(event.request)) ?? Response.error()),
  );
});
