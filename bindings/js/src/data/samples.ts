// Going through samples with several workers: dealt out by index, collected in order, never far ahead.

import { type PoolWorker, takeWorkers, workerCount } from '../main/pool.js';
import type { CallOptions, Progress, Sample, SampleSource, TypedArray } from '../types.js';
import { cancelled, OctetError } from '../wire/errors.js';
import type { EncodedSample } from '../wire/protocol.js';
import { EncodedDataset } from './dataset.js';
import { givesOnce, Repeatable } from './repeatable.js';

/** Samples in flight and waiting, for each worker: one to work on, one that is ready, and one that is decoded meanwhile. */
const AHEAD = 3;

const FOLDED_TOGETHER = 32;

/** What one pass over samples does. */
interface Pass<Item, Result> {
  readonly phase: Progress['phase'];
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  readonly total: number | undefined;
  /** Runs in any order. */
  readonly work: (worker: PoolWorker, item: Item, index: number) => Promise<Result>;
  /** Runs in order of the items; one need not have ended when the next begins. */
  readonly collect: (result: Result, item: Item, index: number) => Promise<void> | void;
}

/** The workers that a call over `total` samples uses. */
export function workersFor(options: CallOptions, total: number | undefined): readonly PoolWorker[] {
  return takeWorkers(workerCount(options.workers, total));
}

/** Runs a pass and returns how many items there were. Item i is worked on by worker i modulo their number. */
export async function forEachInOrder<Item, Result>(
  workers: readonly PoolWorker[],
  pass: Pass<Item, Result>,
  options: CallOptions,
): Promise<number> {
  const { signal, onProgress } = options;
  const { phase, total } = pass;
  const started: { readonly item: Item; readonly result: Promise<Result> }[] = [];
  const collecting: Promise<void>[] = [];
  let done = 0;
  const report = () => onProgress?.(total === undefined ? { phase, done } : { phase, done, total });
  const collectOldest = async () => {
    const oldest = started.shift();
    if (oldest === undefined) return;
    const result = await abortable(oldest.result, signal);
    // The worker that collects is at work itself: waiting for it each time would leave all of them without work.
    const collected = (async () => pass.collect(result, oldest.item, done))();
    collected.catch(() => undefined);
    collecting.push(collected);
    if (collecting.length > AHEAD * workers.length)
      await abortable(Promise.resolve(collecting.shift()), signal);
    done += 1;
    report();
  };

  throwIfAborted(signal);
  report();
  let index = 0;
  for await (const item of pass.items) {
    throwIfAborted(signal);
    if (started.length >= AHEAD * workers.length) await collectOldest();
    const worker = workers[index % workers.length];
    if (worker === undefined) throw new Error('A pass needs a worker.');
    const result = pass.work(worker, item, index);
    // Failures are seen when the sample's turn comes; until then they are nobody's unhandled rejections.
    result.catch(() => undefined);
    started.push({ item, result });
    index += 1;
  }
  while (started.length > 0) await collectOldest();
  await abortable(Promise.all(collecting), signal);
  return done;
}

/** Hands what workers saw to the primary one, which folds it, in the order of samples: some dozen at a time. */
export class Folding {
  readonly #primary: PoolWorker;
  readonly #id: string;
  #seen: Uint8Array[] = [];

  constructor(primary: PoolWorker, id: string) {
    this.#primary = primary;
    this.#id = id;
  }

  async add(seen: Uint8Array): Promise<void> {
    this.#seen.push(seen);
    if (this.#seen.length >= FOLDED_TOGETHER) await this.end();
  }

  /** Folds what is left. */
  async end(): Promise<void> {
    const seen = this.#seen;
    this.#seen = [];
    if (seen.length > 0) await this.#primary.call((api) => api.fold(this.#id, seen));
  }
}

/** Settles as `promise` does, or rejects as soon as the signal fires. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

/** A sample of plain tensors, ready to be sent. */
export function encodedSample(sample: Sample, index?: number): EncodedSample {
  if (typeof sample !== 'object' || sample === null) {
    const message = `${index === undefined ? 'A sample' : `Sample ${index}`} is no object of tensors by input name.`;
    throw new OctetError({ code: 'INVALID_INPUT', message });
  }
  const inputs = Object.fromEntries(
    Object.entries(sample).map(([name, tensor]) => [
      name,
      // Plain parts only: what the caller's objects carry besides need not be sendable.
      { kind: 'tensor', tensor: { data: ownCopy(tensor?.data), shape: tensor?.shape } } as const,
    ]),
  );
  return index === undefined ? { inputs } : { inputs, index };
}

/** A copy: the caller may change its own, as generators do that fill one buffer again and again. */
function ownCopy(data: TypedArray): TypedArray {
  return ArrayBuffer.isView(data) && 'slice' in data ? data.slice() : data;
}

/** The samples of a source, ready to be sent, and how many there are where that is known. */
export function encodedSamples(source: SampleSource): {
  readonly items: Iterable<EncodedSample> | AsyncIterable<EncodedSample>;
  readonly total: number | undefined;
} {
  if (source instanceof EncodedDataset) return { items: source.encoded(), total: source.length };
  if (!isIterable(source)) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: 'The samples cannot be gone through one by one.',
      hint: 'Give an array, an iterable or async iterable of { input: tensor } objects, or an imageDataset.',
    });
  }
  return { items: encodeAll(source), total: Array.isArray(source) ? source.length : undefined };
}

function isIterable(source: unknown): boolean {
  return (
    typeof source === 'object' &&
    source !== null &&
    (Symbol.asyncIterator in source || Symbol.iterator in source)
  );
}

/** Samples that can be gone through more than once. */
export interface RepeatableSamples {
  readonly total: number | undefined;
  /**
   * The samples from the first on; one pass must have ended before the next begins. `again`: another pass will follow,
   * which samples that can neither be given again nor be kept are refused for.
   */
  items(again: boolean): Iterable<EncodedSample> | AsyncIterable<EncodedSample>;
}

/** As `encodedSamples`. All but arrays and datasets are kept from the first pass on, up to `most` bytes. */
export function repeatableSamples(source: SampleSource, most?: number): RepeatableSamples {
  const { total } = encodedSamples(source);
  if (total !== undefined) return { total, items: () => encodedSamples(source).items };
  const repeatable = new Repeatable<EncodedSample>(
    { begin: () => encodedSamples(source).items, once: givesOnce(source), bytesOf: bytesOfEncoded },
    most,
  );
  return { total, items: (again) => repeatable.pass(again) };
}

/** Bytes of a sample's tensors. */
export function bytesOfEncoded({ inputs }: EncodedSample): number {
  return Object.values(inputs).reduce(
    (sum, input) => sum + (input.kind === 'tensor' ? (input.tensor.data?.byteLength ?? 0) : 0),
    0,
  );
}

async function* encodeAll(source: Iterable<Sample> | AsyncIterable<Sample>): AsyncGenerator<EncodedSample> {
  let index = 0;
  for await (const sample of source) {
    yield encodedSample(sample, index);
    index += 1;
  }
}
