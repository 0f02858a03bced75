// The main thread's side of browsers.

import { OctetError } from '../../wire/errors.js';
import type { Platform } from './platform.js';

async function fetchOrThrow(source: string | URL): Promise<Response> {
  let reason: string;
  try {
    const response = await fetch(source);
    if (response.ok) return response;
    reason = `the server answered ${response.status}`;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new OctetError({ code: 'INVALID_INPUT', message: `Cannot fetch '${source}': ${reason}.` });
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  // Streaming refuses files that a server does not label as WebAssembly.
  const streamable = response.headers.get('content-type')?.startsWith('application/wasm') ?? false;
  return streamable
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

async function read(source: string | URL): Promise<Uint8Array> {
  // By way of a blob: Chromium takes twice as long to put a large response into an array buffer itself.
  const blob = await (await fetchOrThrow(source)).blob();
  return new Uint8Array(await blob.arrayBuffer());
}

export const platform: Platform = {
  hardwareConcurrency: navigator.hardwareConcurrency,

  async compileCore(wasm) {
    if (wasm instanceof Response) return compileResponse(wasm);
    if (wasm !== undefined && !(wasm instanceof URL)) return WebAssembly.compile(wasm);
    // Bundlers recognise this form and ship the file.
    return compileResponse(await fetchOrThrow(wasm ?? new URL('../../octet.wasm', import.meta.url)));
  },

  startWorker(createWorker, onDeath) {
    // Bundlers recognise this form and bundle the worker.
    const worker =
      createWorker === undefined
        ? new Worker(new URL('../../worker/worker.js', import.meta.url), { type: 'module' })
        : createWorker();
    worker.onerror = (event) => onDeath(event.message ?? 'its script could not be loaded');
    worker.onmessageerror = () => onDeath('a message could not be read');
    return { endpoint: worker, keepAlive: () => undefined, terminate: () => worker.terminate() };
  },

  // Pages would have to be isolated from other origins for workers to share memory.
  fileMemory: (bytes) => new Uint8Array(bytes),

  read,

  // What the page was given has no address beside which anything could lie.
  readBeside: (source, path) => read(new URL(path, new URL(source, location.href))),

  imageFile: read,

  async listFolder() {
    return undefined;
  },
};
