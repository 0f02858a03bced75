// What differs between Node and the browser for the main thread; package.json's "imports" choose. Workers have their own,
// in worker/platform.

import type { Endpoint } from 'comlink';
import type { Configuration } from '../../types.js';
import type { ImageFile } from '../../wire/protocol.js';

/** A file found in a folder. */
export interface FoundFile {
  /** Path below the folder, with '/' between parts. */
  readonly path: string;
  readonly file: ImageFile;
}

/** A running worker. */
export interface WorkerProcess {
  readonly endpoint: Endpoint;
  /** Whether it keeps the process from exiting; always without effect in a browser. */
  keepAlive(on: boolean): void;
  terminate(): void;
}

export interface Platform {
  readonly hardwareConcurrency: number;
  compileCore(wasm: Configuration['wasm']): Promise<WebAssembly.Module>;
  /** `onDeath` is called at most once, with the reason. */
  startWorker(createWorker: Configuration['createWorker'], onDeath: (reason: string) => void): WorkerProcess;
  /** Zeroed memory for a file that workers read. Sending it to them copies nothing where the platform lets them share it. */
  fileMemory(bytes: number): Uint8Array;
  /** The bytes of a path (Node) or URL. `most`: bytes that are wanted, from the beginning; more may come. */
  read(source: string | URL, most?: number): Promise<Uint8Array>;
  /**
   * The bytes of a file that lies beside `source` or below its folder; undefined where there is none. Links that lead
   * elsewhere are refused: whoever made the model could read any file by them.
   */
  readBeside(source: string | URL, path: string): Promise<Uint8Array | undefined>;
  /** What lies below a folder, in no particular order; undefined for a URL and for what is no folder. */
  listFolder(source: string | URL): Promise<FoundFile[] | undefined>;
  /** An image as workers are sent it: by its path (Node), which is not read yet, or the bytes of a URL. */
  imageFile(source: string | URL): Promise<ImageFile>;
}
