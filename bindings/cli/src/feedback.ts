// octet quantize --target-accuracy: raises precision until labelled images say that it is enough.

import { InvalidArgumentError, Option } from 'commander';
import type {
  AccuracyFeedback,
  CallOptions,
  ImageDataset,
  LoadedNet,
  QuantizationParams,
  SampleSource,
} from 'octet-quant';
import { UsageError } from './exit-code.js';
import { isStatistic, type LabelOptions, scoredOf } from './labels.js';
import {
  images,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  samplesFrom,
  UNIT_RANGE,
} from './options.js';
import { count, figure, type OutputOptions, table } from './output.js';

export interface FeedbackOptions extends LabelOptions {
  readonly targetAccuracy?: number;
  readonly evaluation?: readonly string[];
  readonly statistic?: string;
  readonly maxSteps?: number;
}

export function feedbackOptions(): readonly Option[] {
  return [
    new Option(
      '--target-accuracy <score>',
      'raise the precision of nodes until the statistic reaches this on --evaluation; exit with code 3 where it does not',
    ).argParser(number),
    new Option('--evaluation <path>', 'labelled images, folder or zip (repeatable)').argParser(repeated),
    new Option(
      '--labels <path>',
      'of --evaluation, as for octet evaluate (default: folders are named after classes)',
    ),
    new Option('--classes <file>', "JSON: class names in the order of the model's output"),
    new Option(
      '--statistic <name>',
      'top1, top5, …; iou; map, map50; or sqnr, in dB against the float model, without labels',
    )
      .default('top1')
      .argParser(statistic),
    new Option('--max-steps <count>', 'changes that are tried (default 16)').argParser(steps),
  ];
}

/** Quantizes with accuracy feedback; undefined where no target was asked for. */
export async function quantizedToTarget(
  net: LoadedNet,
  samples: SampleSource,
  params: QuantizationParams,
  options: FeedbackOptions & PreprocessingOptions & OutputOptions,
  call: CallOptions,
): Promise<AccuracyFeedback | undefined> {
  const { targetAccuracy, evaluation, statistic: name = 'top1', maxSteps } = options;
  if (targetAccuracy === undefined) {
    if (evaluation !== undefined) throw new UsageError('--evaluation goes with --target-accuracy.');
    return undefined;
  }
  if (evaluation === undefined) throw new UsageError('--target-accuracy needs --evaluation.');
  const common = {
    targetAccuracy,
    ...(maxSteps === undefined ? {} : { maxOptimizationSteps: maxSteps }),
    ...call,
  };
  if (name === 'sqnr') {
    const unlabelled = await samplesFrom(evaluation, net, options, UNIT_RANGE);
    return net.quantizeWithAccuracyFeedback(samples, unlabelled, params, {
      ...common,
      accuracyScore: 'sqnr',
    });
  }
  const dataset: ImageDataset = await images(evaluation, net, preprocessingOf(options, UNIT_RANGE));
  const scored = await scoredOf([name], dataset, net, options);
  return net.quantizeWithAccuracyFeedback(samples, scored.labelled, params, {
    ...common,
    accuracyScore: () => {
      const all = scored.statistic();
      return {
        add: (outputs, truth) => all.add(outputs, truth),
        result: () => all.result()[name] ?? Number.NaN,
      };
    },
  });
}

/** What --json prints of it. */
export function feedbackJson(feedback: AccuracyFeedback, target: number): object {
  const { accuracy, initialAccuracy, steps, reached, evaluations } = feedback;
  return { target, accuracy, initialAccuracy, reached, evaluations, steps };
}

export function feedbackText(feedback: AccuracyFeedback, target: number, net: LoadedNet): string {
  const { accuracy, initialAccuracy, steps, reached } = feedback;
  const labels = new Map(net.nodes.map(({ name, label }) => [name, label]));
  const rows = steps.map(({ change, nodes, gain, accuracy: after, cost }) => [
    change,
    figure(after),
    figure(gain),
    `${(100 * cost.macs).toFixed(1)} %`,
    count(cost.segments),
    count(cost.boundaryBytes),
    nodes.map((name) => labels.get(name) ?? name).join(', '),
  ]);
  const columns = ['change', '>accuracy', '>gain', '>MACs', '>segments', '>boundary bytes', 'nodes'];
  return [
    `Accuracy ${figure(initialAccuracy)} with the settings as they are, ${figure(accuracy)} at last.`,
    ...(rows.length === 0 ? [] : [table(columns, rows)]),
    reached
      ? `The target of ${figure(target)} is met.`
      : `The target of ${figure(target)} is not met: this is the best that was found.`,
  ].join('\n');
}

function number(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function steps(text: string): number {
  const value = Number(text);
  if (text === '' || !(Number.isInteger(value) && value >= 0))
    throw new InvalidArgumentError('It must be 0 or more.');
  return value;
}

function statistic(text: string): string {
  if (text !== 'sqnr' && !isStatistic(text))
    throw new InvalidArgumentError('It is top1, top5, …, iou, map, map50 or sqnr.');
  return text;
}
