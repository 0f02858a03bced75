// A worker's side of browsers.

import type { Endpoint } from 'comlink';
import type { WorkerPlatform } from './platform.js';

export const platform: WorkerPlatform = {
  endpoint: globalThis as unknown as Endpoint,

  takeMessages: () =>
    new Promise((resolve) => {
      // Timers wait for milliseconds.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }),

  async decodeImage(file) {
    if (typeof file === 'string') throw new Error('browsers read blobs and bytes, not paths');
    const blob = file instanceof Blob ? file : new Blob([Uint8Array.from(file)]);
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    try {
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      if (context === null) throw new Error('the browser gives no 2D canvas to workers');
      context.drawImage(bitmap, 0, 0);
      return { width, height, rgba: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) };
    } finally {
      bitmap.close();
    }
  },
};
