// Samples for several passes, from whatever gives them: what may give its samples once only is kept from the first pass
// on, as far as memory allows.

import { OctetError } from '../wire/errors.js';

/** Bytes of samples that are kept for further passes. */
export const MOST_KEPT_BYTES = 2 ** 30;

type Items<T> = Iterable<T> | AsyncIterable<T>;

/** How to go through something. */
export interface Repeated<T> {
  /** Begins a pass over items that are the caller's no more: it changes none of them. */
  readonly begin: () => Items<T>;
  /** True where a second pass finds nothing, false where it may find all again. */
  readonly once: boolean;
  readonly bytesOf: (item: T) => number;
}

/** Something that can be gone through several times. */
export class Repeatable<T> {
  readonly #source: Repeated<T>;
  readonly #most: number;
  /** All items, once a pass has come to their end with no more than `#most` bytes of them. */
  #kept: readonly T[] | undefined;
  /** How many a whole pass found. */
  #count: number | undefined;
  #begun = false;

  constructor(source: Repeated<T>, most = MOST_KEPT_BYTES) {
    this.#source = source;
    this.#most = most;
  }

  /**
   * The items from the first on; one pass must have ended before the next begins. `again`: another one will follow, so
   * that items which come once and are too many to be kept are refused at once.
   */
  async *pass(again: boolean): AsyncGenerator<T> {
    if (this.#kept !== undefined) {
      yield* this.#kept;
      return;
    }
    const { begin, once, bytesOf } = this.#source;
    if (once && this.#begun) throw givenOnce();
    this.#begun = true;
    // What was too much for a first pass is too much for the next one.
    let kept: T[] | undefined = this.#count === undefined ? [] : undefined;
    let bytes = 0;
    let count = 0;
    for await (const item of begin()) {
      count += 1;
      if (kept !== undefined) bytes += bytesOf(item);
      if (bytes > this.#most) {
        if (once && again) throw tooLarge(this.#most);
        kept = undefined;
      }
      kept?.push(item);
      yield item;
    }
    if (this.#count !== undefined && this.#count !== count) throw changed(this.#count, count);
    this.#count = count;
    this.#kept = kept;
  }
}

/** True for what is known to give its values once: iterators, which return themselves, and streams. */
export function givesOnce(source: object): boolean {
  return (
    ('next' in source && typeof source.next === 'function') ||
    ('getReader' in source && typeof source.getReader === 'function')
  );
}

const HINT =
  'Give an array, an imageDataset, or an object whose iterator begins with the first sample each time; or settings that look at the samples once, as defaultQuantization does.';

export function tooLarge(most: number): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `The samples are needed more than once, and they take more than the ${most / 2 ** 20} MiB that are kept of what gives them once.`,
    hint: HINT,
  });
}

function givenOnce(): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: 'The samples are needed again, and were too large to be kept, or not all seen, when they came.',
    hint: HINT,
  });
}

function changed(before: number, after: number): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `A first pass over the samples found ${before}, a further one ${after}.`,
    hint: HINT,
  });
}
