// Images of an imageDataset with labels, as workers are sent them.

import type { LabelledImages, LabelledSample } from '../../statistics/types.js';
import type { ImageDataset, ImageItem } from '../../types.js';
import { OctetError } from '../../wire/errors.js';
import type { EncodedSample } from '../../wire/protocol.js';
import { EncodedDataset } from '../dataset.js';

/** A dataset whose images are sent to workers as files, with labels. */
export class LabelledDataset<GroundTruth> implements LabelledImages<GroundTruth> {
  readonly images: EncodedDataset;
  readonly #truthOf: (item: ImageItem, index: number) => GroundTruth | Promise<GroundTruth>;

  constructor(
    images: ImageDataset,
    truthOf: (item: ImageItem, index: number) => GroundTruth | Promise<GroundTruth>,
  ) {
    if (!(images instanceof EncodedDataset)) {
      throw new OctetError({
        code: 'INVALID_INPUT',
        message: 'Labels are for images of an imageDataset.',
        hint: 'Other samples are given with their ground truth, as { inputs, groundTruth }.',
      });
    }
    this.images = images;
    this.#truthOf = truthOf;
  }

  get length(): number {
    return this.images.length;
  }

  async groundTruth(index: number): Promise<GroundTruth> {
    return this.#truthOf(this.images.item(index), index);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LabelledSample<GroundTruth>> {
    for (let index = 0; index < this.length; ++index)
      yield { inputs: await this.images.sample(index), groundTruth: await this.groundTruth(index) };
  }

  /** The samples as they are sent to workers. */
  async *encoded(): AsyncGenerator<{ readonly sample: EncodedSample; readonly groundTruth: GroundTruth }> {
    let index = 0;
    for (const sample of this.images.encoded()) {
      yield { sample, groundTruth: await this.groundTruth(index) };
      index += 1;
    }
  }
}
