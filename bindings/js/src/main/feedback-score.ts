// What accuracy feedback measures of a model: a statistic over labelled samples, or how far it is from the float model.

import { evaluated, repeatableItems, unlabelledItems } from '../data/labels/labelled-items.js';
import { type RepeatableSamples, repeatableSamples } from '../data/samples.js';
import type { AccuracyFeedbackOptions } from '../feedback-types.js';
import type { LabelledSample, Statistic } from '../statistics/types.js';
import type { CallOptions, LoadedNet, Model, Sample, SampleSource } from '../types.js';
import { withFile } from './calibration.js';
import { checkChoice } from './choices.js';
import { outputNoise } from './sensitivity.js';

type Evaluated = Iterable<LabelledSample<unknown> | Sample> | AsyncIterable<LabelledSample<unknown> | Sample>;

/** The function that scores a model on the samples, which can be gone through again and again. */
export async function scoreOn(
  net: LoadedNet,
  evaluation: Evaluated,
  options: AccuracyFeedbackOptions<never>,
): Promise<(model: Model) => Promise<number>> {
  const { accuracyScore } = options;
  if (typeof accuracyScore !== 'function')
    checkChoice('accuracyScore, unless it makes statistics,', accuracyScore, ['sqnr']);
  if (accuracyScore === 'sqnr') return sqnrOn(net, evaluation as SampleSource, options);
  const labelled = repeatableItems(evaluation as Iterable<LabelledSample<unknown>>);
  return (model) => evaluated(model, labelled, accuracyScore() as Statistic<unknown>, options);
}

/** Signal to noise in dB, as a mean over the outputs that are reals and computed. */
async function sqnrOn(
  net: LoadedNet,
  source: SampleSource,
  options: CallOptions,
): Promise<(model: Model) => Promise<number>> {
  const samples = repeatableSamples(source);
  const signal = await signalOf(net, samples, options);
  return async (model) => {
    const noise = await outputNoise(withFile(model), samples, options);
    const sqnr = signal.flatMap((power, output) => {
      if (power === undefined) return [];
      return 10 * Math.log10(power / Math.max(noise[output] ?? 0, Number.MIN_VALUE));
    });
    return sqnr.reduce((sum, value) => sum + value, 0) / Math.max(1, sqnr.length);
  };
}

/**
 * By output, the sum of squares over the samples; undefined for outputs that are no reals, or always zero, and for those
 * that are constants or inputs, which no quantizing changes.
 */
async function signalOf(
  net: LoadedNet,
  samples: RepeatableSamples,
  options: CallOptions,
): Promise<readonly (number | undefined)[]> {
  const sums = new Map<string, number>();
  const squares: Statistic<unknown> = {
    add(outputs) {
      for (const [name, { data, dtype }] of Object.entries(outputs)) {
        if (dtype !== 'float32') continue;
        let sum = sums.get(name) ?? 0;
        for (const value of data) sum += Number(value) ** 2;
        sums.set(name, sum);
      }
    },
    result: () => 0,
  };
  await evaluated(net, unlabelledItems(samples), squares, options);
  const computed = new Set(net.nodes.flatMap((node) => node.outputs));
  return net.outputs.map(({ name }) => (computed.has(name) && sums.get(name)) || undefined);
}
