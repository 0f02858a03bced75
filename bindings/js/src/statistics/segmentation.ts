// Statistics of models that say of each pixel what it shows.

import type { OutputTensor, TensorMap } from '../types.js';
import { OctetError } from '../wire/errors.js';
import { realValues } from '../wire/tensor.js';
import type { ClassMap, SegmentationOptions, Statistic } from './types.js';

/**
 * Intersection over union of each class, from 0 to 1, over the pixels of all samples; NaN for a class that is neither
 * found nor labelled anywhere. A map of another size than the output is looked at where the output's pixels have their
 * centres.
 */
export function classIoU(options: SegmentationOptions = {}): Statistic<ClassMap, readonly number[]> {
  const confusion = new Confusion(options);
  return {
    add: (outputs, truth) => confusion.add(outputs, truth),
    result: () => confusion.ratios(),
  };
}

/** The mean of `classIoU` over the classes that are found or labelled. */
export function meanIoU(options: SegmentationOptions = {}): Statistic<ClassMap> {
  const confusion = new Confusion(options);
  return {
    add: (outputs, truth) => confusion.add(outputs, truth),
    result() {
      const ratios = confusion.ratios().filter((ratio) => !Number.isNaN(ratio));
      return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    },
  };
}

/** Pixels by class: found, labelled, and both. */
class Confusion {
  readonly #options: SegmentationOptions;
  #counts: { readonly found: number[]; readonly labelled: number[]; readonly both: number[] } | undefined;

  constructor(options: SegmentationOptions) {
    this.#options = options;
  }

  add(outputs: TensorMap, truth: ClassMap): void {
    const { ignore } = this.#options;
    const { width, height, classes, classOf } = foundClasses(outputs, this.#options);
    const zeros = () => new Array<number>(classes).fill(0);
    this.#counts ??= { found: zeros(), labelled: zeros(), both: zeros() };
    const { found, labelled, both } = this.#counts;
    const count = (counts: number[], of: number) => {
      counts[of] = (counts[of] ?? 0) + 1;
    };
    for (let y = 0; y < height; ++y) {
      const row = Math.floor(((y + 0.5) * truth.height) / height) * truth.width;
      for (let x = 0; x < width; ++x) {
        const label = truth.data[row + Math.floor(((x + 0.5) * truth.width) / width)] ?? -1;
        if (label === ignore) continue;
        if (!(label >= 0 && label < classes)) throw strangeClass(label, classes);
        const answer = classOf(y * width + x);
        if (!(answer >= 0 && answer < classes)) throw strangeAnswer(answer, classes);
        count(found, answer);
        count(labelled, label);
        if (label === answer) count(both, label);
      }
    }
  }

  ratios(): readonly number[] {
    const { found = [], labelled = [], both = [] } = this.#counts ?? {};
    return both.map((common, index) => common / ((found[index] ?? 0) + (labelled[index] ?? 0) - common));
  }
}

interface FoundClasses {
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  readonly classOf: (pixel: number) => number;
}

function foundClasses(outputs: TensorMap, { classes, threshold = 0.5 }: SegmentationOptions): FoundClasses {
  const [output] = Object.values(outputs);
  const [batch, height, width, channels = 1] = output?.shape ?? [];
  if (output === undefined || batch !== 1 || height === undefined || width === undefined) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `The first output has shape ${output?.shape.join('x')}, and not one value or one a class for each pixel.`,
      hint: 'Intersection over union is for outputs of shape 1 x height x width x classes.',
    });
  }
  const size = { width, height };
  if (channels === 1 && isClassMap(output)) {
    if (classes === undefined) {
      throw new OctetError({
        code: 'INVALID_CONFIG',
        message: 'The output holds class numbers, and does not tell how many classes there are.',
        hint: "Set 'classes'.",
      });
    }
    return { ...size, classes, classOf: (pixel) => Number(output.data[pixel]) };
  }
  const values = realValues(output);
  if (channels === 1)
    return {
      ...size,
      classes: classes ?? 2,
      classOf: (pixel) => ((values[pixel] ?? 0) >= threshold ? 1 : 0),
    };
  return {
    ...size,
    classes: classes ?? channels,
    classOf(pixel) {
      let best = 0;
      for (let channel = 1; channel < channels; ++channel) {
        if ((values[pixel * channels + channel] ?? 0) > (values[pixel * channels + best] ?? 0))
          best = channel;
      }
      return best;
    },
  };
}

/** Integers that stand for nothing but themselves. */
function isClassMap({ dtype, quantization }: OutputTensor): boolean {
  return quantization === undefined && !dtype.includes('float');
}

function strangeClass(label: number, classes: number): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `A label map holds class ${label}, and the classes are 0 to ${classes - 1}.`,
    hint: "Label maps hold class numbers; give the number of pixels that do not count as 'ignore'.",
  });
}

function strangeAnswer(answer: number, classes: number): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `The model answers class ${answer}, and the classes are 0 to ${classes - 1}.`,
    hint: "Check 'classes'.",
  });
}
