// The main thread's side of Node.

import { access, constants, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { OctetError } from '../../wire/errors.js';
import type { Platform } from './platform.js';

function fileMemory(bytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

async function readPath(path: string, most: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    // Only of plain files is the size known.
    if (!stats.isFile()) return await readFile(file);
    const bytes = fileMemory(Math.min(stats.size, most));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** The path of a source; undefined for URLs of what is no file. */
function pathOf(source: string | URL): string | undefined {
  const url = String(source);
  if (/^https?:|^data:/.test(url)) return undefined;
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

async function fetched(url: string | URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** What `use` gives of the source, with the source in the message where it fails. */
async function reading<T>(source: string | URL, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OctetError({ code: 'INVALID_INPUT', message: `Cannot read '${source}': ${reason}.` });
  }
}

function read(source: string | URL, most = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  return reading(source, async () => {
    const path = pathOf(source);
    return path === undefined ? fetched(source) : readPath(path, most);
  });
}

async function readBeside(source: string | URL, path: string): Promise<Uint8Array | undefined> {
  const model = pathOf(source);
  if (model === undefined) return read(new URL(path, source));
  const folder = dirname(model);
  const file = join(folder, path);
  let real: string;
  try {
    real = await realpath(file);
  } catch {
    return undefined; // There is none: the core knows what for.
  }
  const below = relative(await realpath(folder), real);
  if (below.startsWith('..') || isAbsolute(below)) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `'${file}' is a link out of the model's folder, which is not followed.`,
      hint: 'Give the file itself as externalData, or copy it there.',
    });
  }
  return read(real);
}

async function compileFile(url: URL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.from(await read(url)));
}

/** What workers work on is in the core's memory; for the little else, V8 would use whatever it is given. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 2 };

export const platform: Platform = {
  hardwareConcurrency: availableParallelism(),

  async compileCore(wasm) {
    // Node loads its fetch when Response is first looked at, which takes longer than all the rest.
    if (wasm === undefined) return compileFile(new URL('../../octet.wasm', import.meta.url));
    if (wasm instanceof URL) return compileFile(wasm);
    return wasm instanceof Response ? WebAssembly.compileStreaming(wasm) : WebAssembly.compile(wasm);
  },

  startWorker(_createWorker, onDeath) {
    const worker = new Worker(new URL('../../worker/worker.js', import.meta.url), {
      resourceLimits: WORKER_LIMITS,
    });
    let alive = true;
    const die = (reason: string) => {
      if (alive) onDeath(reason);
      alive = false;
    };
    worker.on('error', (error) => die(error.message));
    worker.on('messageerror', () => die('a message could not be read'));
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

  fileMemory,

  read,

  readBeside,

  listFolder(source) {
    return reading(source, async () => {
      const path = pathOf(source);
      if (path === undefined || !(await stat(path)).isDirectory()) return undefined;
      const below = await readdir(path, { recursive: true });
      return below.map((name) => ({ path: name.replaceAll('\\', '/'), file: join(path, name) }));
    });
  },

  imageFile(source) {
    return reading(source, async () => {
      const path = pathOf(source);
      if (path === undefined) return fetched(source);
      await access(path, constants.R_OK);
      return path;
    });
  },
};
