import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import demos from '../vite.config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * A build of its own, into the folder of this page: a service worker answers for the workers' scripts only where they lie
 * in its own folder, and it must not answer for the other demos.
 */
export default defineConfig({
  ...demos,
  root: path('.'),
  publicDir: path('public'),
  plugins: [
    VitePWA({
      // A new version is taken when the page is opened the next time: none is exchanged under somebody who writes.
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        id: './',
        name: 'Notes by meaning',
        short_name: 'Notes',
        description: 'Notes that are found by what they mean, offline, on your own device.',
        start_url: './',
        scope: './',
        display: 'standalone',
        theme_color: '#00707a',
        background_color: '#f4f6f7',
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{html,css,js,svg,png,webmanifest}'],
        globIgnores: ['**/ort*'],
        clientsClaim: true,
        // The runtime that only some devices need is kept when they have asked for it. The model is in IndexedDB, by bge-web.
        runtimeCaching: [
          {
            urlPattern: ({ url }: { url: URL }) => /\/assets\/ort[^/]*$/.test(url.pathname),
            handler: 'CacheFirst',
            options: { cacheName: 'bge-web-notes-runtime' },
          },
        ],
      },
    }),
  ],
  build: { outDir: path('../../demo-dist/notes'), emptyOutDir: true },
});
