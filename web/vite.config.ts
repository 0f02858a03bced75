// Two builds from the same source: a static site (dist/index.html) and one file that needs no server (dist/octet.html).

import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { embeddedFiles } from './vite/embedded-files.ts';
import { contentSecurityPolicy } from './vite/security-policy.ts';
import { serviceWorker } from './vite/service-worker.ts';
import { coreOnce, singleFile } from './vite/single-file.ts';

const library = fileURLToPath(new URL('../bindings/js/dist/', import.meta.url));

// biome-ignore lint/style/noDefaultExport: Vite reads the default export
export default defineConfig(({ mode }) => {
  const single = mode === 'single';
  return {
    base: './',
    resolve: {
      alias: [
        { find: /^octet-quant$/, replacement: `${library}index.js` },
        { find: /^octet-quant\/display$/, replacement: `${library}display.js` },
        { find: /^octet-quant\/worker(?=$|\?)/, replacement: `${library}worker/worker.js` },
      ],
    },
    build: {
      outDir: '../dist',
      emptyOutDir: !single,
      target: 'es2022',
      copyPublicDir: !single,
      modulePreload: false,
      reportCompressedSize: !single,
      ...(single ? { assetsInlineLimit: () => true, cssCodeSplit: false } : {}),
    },
    worker: { format: single ? 'iife' : 'es', plugins: () => (single ? [coreOnce()] : []) },
    plugins: [
      react(),
      embeddedFiles(single ? 'public/samples' : undefined),
      ...(single ? [singleFile('octet.html')] : [contentSecurityPolicy(), serviceWorker()]),
    ],
  };
});
