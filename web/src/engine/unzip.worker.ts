// Unpacks a zip off the main thread.

import { unzipSync } from 'fflate';

self.onmessage = async (event: MessageEvent<Blob>): Promise<void> => {
  try {
    const entries = unzipSync(new Uint8Array(await event.data.arrayBuffer()));
    const files = Object.entries(entries)
      .filter(([name]) => !name.endsWith('/'))
      .map(([name, data]) => ({ name, blob: new Blob([new Uint8Array(data)]) }));
    self.postMessage({ files });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
