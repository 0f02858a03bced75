// Labelled samples of any source, as workers are sent them.

import type { LabelledSample, Statistic } from '../../statistics/types.js';
import type { CallOptions, ImageDataset, Runnable } from '../../types.js';
import type { EncodedSample } from '../../wire/protocol.js';
import { EncodedDataset } from '../dataset.js';
import { givesOnce, Repeatable } from '../repeatable.js';
import { bytesOfEncoded, encodedSample, type RepeatableSamples } from '../samples.js';
import { LabelledDataset } from './labelled-dataset.js';

interface EncodedLabelled {
  readonly sample: EncodedSample;
  readonly groundTruth: unknown;
}

/** What samples with labels can be given as. */
export type LabelledSource =
  | Iterable<LabelledSample<unknown>>
  | AsyncIterable<LabelledSample<unknown>>
  | ImageDataset
  | LabelledItems;

export class LabelledItems {
  /** How many there are, where that is known. */
  readonly total: number | undefined;
  readonly encoded: () => AsyncIterable<EncodedLabelled>;

  constructor(total: number | undefined, encoded: () => AsyncIterable<EncodedLabelled>) {
    this.total = total;
    this.encoded = encoded;
  }
}

/** The samples of a source, for one pass. */
export function labelledItems(source: LabelledSource): LabelledItems {
  if (source instanceof LabelledItems) return source;
  const images =
    source instanceof EncodedDataset ? new LabelledDataset(source, ({ label }) => label) : source;
  if (images instanceof LabelledDataset) return new LabelledItems(images.length, () => images.encoded());
  const given = images as Exclude<typeof images, ImageDataset>;
  return new LabelledItems(Array.isArray(given) ? given.length : undefined, () => encodeAll(given));
}

/** Likewise, to be gone through again and again. */
export function repeatableItems(source: LabelledSource): LabelledItems {
  const items = labelledItems(source);
  if (items.total !== undefined) return items;
  const repeatable = new Repeatable<EncodedLabelled>({
    begin: items.encoded,
    once: givesOnce(source),
    bytesOf: ({ sample }) => bytesOfEncoded(sample),
  });
  return new LabelledItems(undefined, () => repeatable.pass(true));
}

/** The result of a statistic over items, which the package's own handles take and its interfaces do not name. */
export function evaluated<Result>(
  model: Runnable,
  items: LabelledItems,
  statistic: Statistic<unknown, Result>,
  options: CallOptions,
): Promise<Result> {
  return model.evaluate(items as unknown as Iterable<LabelledSample<unknown>>, statistic, options);
}

/** Samples that nothing is known of, to be gone through again and again. */
export function unlabelledItems(samples: RepeatableSamples): LabelledItems {
  return new LabelledItems(samples.total, async function* () {
    for await (const sample of samples.items(true)) yield { sample, groundTruth: undefined };
  });
}

async function* encodeAll(
  source: Iterable<LabelledSample<unknown>> | AsyncIterable<LabelledSample<unknown>>,
): AsyncGenerator<EncodedLabelled> {
  let index = 0;
  for await (const { inputs, groundTruth } of source) {
    yield { sample: encodedSample(inputs, index), groundTruth };
    index += 1;
  }
}
