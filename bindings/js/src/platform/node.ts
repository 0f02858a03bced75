// The main thread's side of Node.

import { readdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { OctetError } from '../errors.js';
import type { Platform } from './platform.js';

async function read(source: string | URL): Promise<Uint8Array> {
  const url = String(source);
  try {
    if (/^https?:|^data:/.test(url)) {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    }
    return await readFile(url.startsWith('file:') ? fileURLToPath(url) : url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OctetError({ code: 'INVALID_INPUT', message: `Cannot read '${url}': ${reason}.` });
  }
}

export const platform: Platform = {
  hardwareConcurrency: availableParallelism(),

  async compileCore(wasm) {
    if (wasm instanceof Response) return WebAssembly.compileStreaming(wasm);
    if (wasm !== undefined && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
    return WebAssembly.compile(
      Uint8Array.from(await read(wasm ?? new URL('../octet.wasm', import.meta.url))),
    );
  },

  startWorker(_createWorker, onDeath) {
    const worker = new Worker(new URL('../worker.js', import.meta.url));
    let alive = true;
    const die = (reason: string) => {
      if (alive) onDeath(reason);
      alive = false;
    };
    worker.on('error', (error) => die(error.message));
    worker.on('exit', (code) => die(`it exited with code ${code}`));
    worker.unref();
    return {
      endpoint: nodeEndpoint(worker),
      keepAlive: (on) => (on ? worker.ref() : worker.unref()),
      terminate: () => {
        alive = false;
        worker.terminate();
      },
    };
  },

  read,

  async listFolder(path) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isDirectory()) return undefined;
    const below = await readdir(path, { recursive: true });
    return below.map((name) => ({ path: name.replaceAll('\\', '/'), file: join(path, name) }));
  },
};
