// A worker's side of Node.

import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { WorkerPlatform } from './platform.js';

if (parentPort === null) throw new Error('This module runs in a worker thread only.');

// Node 20 has relaxed SIMD as it was finished, but behind a flag that its successors need no more.
if (Number.parseInt(process.versions.node, 10) < 21) setFlagsFromString('--experimental-wasm-relaxed-simd');

let decoder: ReturnType<typeof loadDecoder> | undefined;

async function loadDecoder() {
  const { default: sharp } = await import('sharp');
  // No image is decoded twice.
  sharp.cache(false);
  return sharp;
}

export const platform: WorkerPlatform = {
  endpoint: nodeEndpoint(parentPort),

  takeMessages: () => new Promise((resolve) => setImmediate(resolve)),

  async decodeImage(file) {
    decoder ??= loadDecoder();
    const sharp = await decoder;
    const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
    const { data, info } = await sharp(bytes, { ignoreIcc: true })
      .autoOrient()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data };
  },
};
