// Class names, and what --labels says of images, for commands that measure accuracy.

import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import {
  boxesFromCsv,
  classesFromCsv,
  type EvaluateOptions,
  type ImageDataset,
  type LoadedNet,
  labelImages,
  type Model,
  masksFor,
  meanAveragePrecision,
  meanIoU,
  OctetError,
  type Preprocessing,
  type Runnable,
  together,
  topK,
} from 'octet-quant';
import { UsageError } from './exit-code.js';
import { images, repeated } from './options.js';

const STATISTIC = /^(top[1-9]\d*|iou|map|map50)$/;

/** --statistic, one or more. */
export function statisticOption(what: string): Option {
  const collect = (text: string, before: readonly string[] = []): readonly string[] => {
    if (!STATISTIC.test(text)) throw new InvalidArgumentError('It is top1, top5, …, iou, map or map50.');
    return repeated(text, before);
  };
  return new Option('--statistic <name>', `top1, top5, …; iou; map, map50: ${what}`).argParser(collect);
}

export interface LabelOptions {
  /** A CSV file, or a folder or zip of masks; class names where it is JSON. */
  readonly labels?: string;
  /** A JSON file of class names. */
  readonly classes?: string;
}

/** Runs all images through a model and gives the figures, from 0 to 1, by statistic. */
export type Evaluation = (
  model: Runnable,
  options: EvaluateOptions,
) => Promise<Readonly<Record<string, number>>>;

/** What evaluates statistics, all of one kind, over labelled images. */
export async function evaluationOf(
  statistics: readonly string[],
  dataset: ImageDataset,
  net: LoadedNet | Model,
  given: LabelOptions,
): Promise<Evaluation> {
  const options = withoutJson(given);
  const kinds = new Set(statistics.map((name) => name.replace(/\d+$/, '')));
  if (kinds.size !== 1) {
    throw new UsageError(
      `--statistic ${statistics.join(', ')}: these need different labels; give those of one kind, top…, iou, or map and map50.`,
    );
  }
  const classes = options.classes === undefined ? undefined : await readClasses(options.classes);
  if (kinds.has('iou')) return ofMasks(dataset, net, options);
  return kinds.has('map')
    ? ofBoxes(statistics, dataset, classes, options)
    : ofClasses(statistics, dataset, classes, options);
}

/** The options with a JSON file of --labels as --classes: folders then say which class an image is of. */
function withoutJson({ labels, classes }: LabelOptions): LabelOptions {
  const names = labels?.endsWith('.json') ? labels : classes;
  return {
    ...(names === undefined ? {} : { classes: names }),
    ...(labels === undefined || labels === names ? {} : { labels }),
  };
}

async function ofClasses(
  statistics: readonly string[],
  dataset: ImageDataset,
  classes: readonly string[] | undefined,
  { labels }: LabelOptions,
): Promise<Evaluation> {
  const labelled =
    labels === undefined ? labelImages(dataset, ({ label }) => label) : await classesFromCsv(dataset, labels);
  const top = (name: string) => topK(Number(name.slice('top'.length)), classes);
  return (model, options) =>
    model.evaluate(labelled, together<string, Record<string, number>>(named(statistics, top)), options);
}

async function ofBoxes(
  statistics: readonly string[],
  dataset: ImageDataset,
  classes: readonly string[] | undefined,
  { labels }: LabelOptions,
): Promise<Evaluation> {
  if (labels === undefined) throw new UsageError('map needs --labels, a CSV file of boxes.');
  const labelled = await boxesFromCsv(dataset, labels);
  const precision = (name: string) =>
    meanAveragePrecision({
      ...(classes === undefined ? {} : { labels: classes }),
      ...(name === 'map50' ? { iouThresholds: [0.5] } : {}),
    });
  return (model, options) => model.evaluate(labelled, together(named(statistics, precision)), options);
}

async function ofMasks(
  dataset: ImageDataset,
  net: LoadedNet | Model,
  { labels }: LabelOptions,
): Promise<Evaluation> {
  if (labels === undefined) throw new UsageError('iou needs --labels, a folder or zip of masks.');
  // Masks are looked at as they are; the preprocessing is for nothing.
  const asTheyAre: Preprocessing = { mean: 0, std: 1 };
  const labelled = masksFor(dataset, await images([labels], net, asTheyAre));
  return async (model, options) => ({ iou: await model.evaluate(labelled, meanIoU(), options) });
}

function named<T>(names: readonly string[], make: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}

/** Class names in the order of the output, from a JSON file. */
export async function readClasses(path: string): Promise<readonly string[]> {
  const classes = classesIn(await readFile(path, 'utf8'));
  if (classes !== undefined) return classes;
  throw new OctetError({
    code: 'INVALID_CONFIG',
    message: `'${path}' does not hold class names.`,
    hint: 'It is JSON: ["first class", "second class", …], or an object with such a list as "classes".',
  });
}

function classesIn(text: string): readonly string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // The caller's sentence says what is expected.
  }
  const list = typeof json === 'object' && json !== null && 'classes' in json ? json.classes : json;
  const strings = Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string');
  return strings ? list : undefined;
}
