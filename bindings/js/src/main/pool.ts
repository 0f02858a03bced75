// The worker pool: one instance of the core a worker, started when first needed, shared by all calls of the page or
// process. The main thread keeps files as bytes; a worker opens one when it is first asked to work with it, so that a
// worker that died is replaced without anybody noticing but the calls that it was working on.

import { type Remote, wrap } from 'comlink';
import { platform } from '#platform';
import type { Configuration } from '../types.js';
import { OctetError, toOctetError } from '../wire/errors.js';
import { type Artifact, type FinishedModel, sendErrorsWhole, WorkerCrash } from '../wire/protocol.js';
import type { WorkerApi } from '../wire/worker-api.js';
import type { WorkerProcess } from './platform/platform.js';

const MOST_WORKERS_BY_DEFAULT = 4;

sendErrorsWhole();

let configuration: Configuration = {};
let compiled: Promise<WebAssembly.Module> | undefined;
let workers: PoolWorker[] = [];
let lastId = 0;

/** Overrides for unusual hosts; has effect before the first other call. */
export function configure(changes: Configuration): void {
  configuration = { ...configuration, ...changes };
}

/** A new id for something that workers keep. */
export function newId(): string {
  lastId += 1;
  return String(lastId);
}

/** How many workers a call uses: what was asked for, or what the machine has, and never more than samples. */
export function workerCount(asked: number | undefined, samples: number | undefined): number {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1)) {
    throw new OctetError({ code: 'INVALID_CONFIG', message: `workers is ${asked}; it must be at least 1.` });
  }
  const count = asked ?? Math.min(platform.hardwareConcurrency, MOST_WORKERS_BY_DEFAULT);
  return Math.max(1, Math.min(count, samples ?? count));
}

/** The first `count` workers, started where needed. */
export function takeWorkers(count: number): readonly PoolWorker[] {
  while (workers.length < count) workers.push(new PoolWorker());
  return workers.slice(0, count);
}

/** The worker with the least to do. */
export function leastBusyWorker(): PoolWorker {
  takeWorkers(1);
  return workers.reduce((least, worker) => (worker.pending < least.pending ? worker : least));
}

/** Frees what the workers keep under the id. */
export function freeEverywhere(id: string): void {
  for (const worker of workers) worker.free(id);
}

function compiledCore(): Promise<WebAssembly.Module> {
  compiled ??= platform.compileCore(configuration.wasm).catch((error) => {
    compiled = undefined;
    if (error instanceof WebAssembly.CompileError) {
      throw new OctetError({
        code: 'UNSUPPORTED_ENVIRONMENT',
        message: 'WebAssembly with SIMD and exceptions is not available here.',
        hint: 'Use Chrome or Edge 95, Firefox 100, Safari 16.4, Node 20, or later.',
      });
    }
    throw error;
  });
  return compiled;
}

/** Comlink makes a proxy each time that it is asked for a method, which only a full garbage collection frees. */
function withMethodsKept(api: Remote<WorkerApi>): Remote<WorkerApi> {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(api, {
    get(target, name) {
      const method = methods.get(name) ?? Reflect.get(target, name);
      methods.set(name, method);
      return method;
    },
  });
}

/** One worker, and the calls that wait for it. */
export class PoolWorker {
  readonly #process: WorkerProcess;
  readonly #api: Remote<WorkerApi>;
  readonly #started: Promise<void>;
  /** Of the calls not yet answered. A list: a set that something is always in holds on to what left it. */
  readonly #waiting: ((error: OctetError) => void)[] = [];
  /** Calls that are still to be sent, since their files are being opened. */
  #unsent: Promise<unknown>[] = [];
  readonly #opened = new Map<string, Promise<string>>();
  #dead: OctetError | undefined;

  constructor() {
    this.#process = platform.startWorker(configuration.createWorker, (reason) => this.#die(reason));
    this.#api = withMethodsKept(wrap<WorkerApi>(this.#process.endpoint));
    this.#started = this.#send(async (api) => api.start(await compiledCore()));
    this.#started.catch((error: unknown) => this.#dieOf(toOctetError(error)));
  }

  get pending(): number {
    return this.#waiting.length;
  }

  /** False once it has died: what it kept is lost. */
  get alive(): boolean {
    return this.#dead === undefined;
  }

  /** Calls the worker; rejects with an OctetError, also when the worker dies meanwhile. */
  async call<T>(use: (api: Remote<WorkerApi>) => Promise<T>): Promise<T> {
    await this.#started;
    return this.#send(use);
  }

  /** Calls the worker with a file that it opens first, if it has not yet. */
  async callWith<T>(artifact: Artifact, use: (api: Remote<WorkerApi>) => Promise<T>): Promise<T> {
    // In an object: the promise is to be kept when the call is sent, not when it is answered.
    const sent = this.open(artifact).then(() => ({ answer: this.#send(use) }));
    this.#unsent.push(sent);
    try {
      const { answer } = await sent;
      return answer;
    } finally {
      this.#unsent = this.#unsent.filter((other) => other !== sent);
    }
  }

  /** Opens a file and returns what the core says about it. */
  open(artifact: Artifact): Promise<string> {
    let opened = this.#opened.get(artifact.id);
    if (opened === undefined) {
      opened = this.call((api) => api.open(artifact));
      this.#keepOpened(artifact.id, opened);
    }
    return opened;
  }

  /** Has the worker make a model under the id, which it then has open. */
  make(id: string, use: (api: Remote<WorkerApi>) => Promise<FinishedModel>): Promise<FinishedModel> {
    const made = this.call(use);
    this.#keepOpened(
      id,
      made.then(({ info }) => info),
    );
    return made;
  }

  /** Frees what the worker keeps under the id, or is to make by calls up to now, cancelled ones among them. */
  free(id: string): void {
    this.#opened.delete(id);
    const send = () => this.call((api) => api.free(id));
    const freed = this.#unsent.length === 0 ? send() : Promise.allSettled(this.#unsent).then(send);
    // Nobody waits for it, and a worker that died has freed it.
    freed.catch(() => undefined);
  }

  #keepOpened(id: string, opened: Promise<string>): void {
    opened.catch(() => this.#opened.delete(id));
    this.#opened.set(id, opened);
  }

  #send<T>(use: (api: Remote<WorkerApi>) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== undefined) {
        reject(this.#dead);
        return;
      }
      this.#waiting.push(reject);
      this.#process.keepAlive(true);
      // Async, so that data that cannot be sent rejects like any other failure.
      (async () => use(this.#api))()
        .then(resolve, (error: unknown) => {
          if (error instanceof WorkerCrash) this.#dieOf(error);
          reject(toOctetError(error));
        })
        .finally(() => {
          const at = this.#waiting.indexOf(reject);
          if (at >= 0) this.#waiting.splice(at, 1);
          if (this.#waiting.length === 0) this.#process.keepAlive(false);
        });
    });
  }

  #die(reason: string): void {
    const outOfMemory = /memory/i.test(reason);
    this.#dieOf(
      new OctetError({
        code: outOfMemory ? 'OUT_OF_MEMORY' : 'INTERNAL',
        message: `A worker stopped while it was working: ${reason}.`,
        hint: outOfMemory ? 'Use fewer workers.' : '',
      }),
    );
  }

  #dieOf(error: OctetError): void {
    this.#dead ??= error;
    for (const reject of this.#waiting) reject(error);
    this.#waiting.length = 0;
    workers = workers.filter((worker) => worker !== this);
    this.#process.terminate();
  }
}
