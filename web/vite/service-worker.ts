// Writes sw.js: all files of the site are fetched once and then served from the cache, so that the page works offline.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

export function serviceWorker(): Plugin {
  return {
    name: 'octet-service-worker',
    apply: 'build',
    writeBundle({ dir: outDir = '' }) {
      const paths = readdirSync(outDir, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && !['sw.js', 'octet.html'].includes(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
      const hash = createHash('sha256');
      for (const path of paths) hash.update(path).update(readFileSync(path));
      const files = paths.map((path) => relative(outDir, path).replaceAll('\\', '/'));
      writeFileSync(join(outDir, 'sw.js'), script(hash.digest('hex').slice(0, 16), ['./', ...files]));
    },
  };
}

function script(version: string, files: readonly string[]): string {
  return `// Made by the build. Everything of this version in one cache; older versions are dropped.
const CACHE = 'octet-${version}';
const FILES = ${JSON.stringify(files)};

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('octet-') && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || new URL(event.request.url).origin !== self.location.origin) return;
  event.respondWith(
    caches.match(event.request, { ignoreSearch: true }).then((kept) => kept ?? fetch(event.request)),
  );
});
`;
}
