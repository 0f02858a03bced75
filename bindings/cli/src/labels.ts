// Class names, and what --labels says of images, for commands that measure accuracy.

import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import {
  boxesFromCsv,
  type ClassMap,
  classesFromCsv,
  type EvaluateOptions,
  type ImageDataset,
  type LabelledBox,
  type LabelledImages,
  type LoadedNet,
  labelImages,
  type Model,
  masksFor,
  meanAveragePrecision,
  meanIoU,
  OctetError,
  type Preprocessing,
  type Runnable,
  type Statistic,
  together,
  topK,
} from 'octet-quant';
import { UsageError } from './exit-code.js';
import { images, repeated } from './options.js';

const STATISTIC = /^(top[1-9]\d*|iou|map|map50)$/;

export function isStatistic(text: string): boolean {
  return STATISTIC.test(text);
}

/** --statistic, one or more. */
export function statisticOption(what: string): Option {
  const collect = (text: string, before: readonly string[] = []): readonly string[] => {
    if (!isStatistic(text)) throw new InvalidArgumentError('It is top1, top5, …, iou, map or map50.');
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

/** Images with what is known of them, and what measures a model by that; a new one for each evaluation. */
export interface Scored<GroundTruth> {
  readonly labelled: LabelledImages<GroundTruth>;
  statistic(): Statistic<GroundTruth, Readonly<Record<string, number>>>;
}

/** What evaluates statistics, all of one kind, over labelled images. */
export async function evaluationOf(
  statistics: readonly string[],
  dataset: ImageDataset,
  net: LoadedNet | Model,
  given: LabelOptions,
): Promise<Evaluation> {
  const { labelled, statistic } = await scoredOf(statistics, dataset, net, given);
  return (model, options) => model.evaluate(labelled, statistic(), options);
}

/** The images labelled as the statistics, all of one kind, ask for, with these. */
export async function scoredOf(
  statistics: readonly string[],
  dataset: ImageDataset,
  net: LoadedNet | Model,
  given: LabelOptions,
): Promise<Scored<unknown>> {
  return (await scored(statistics, dataset, net, given)) as Scored<unknown>;
}

function scored(
  statistics: readonly string[],
  dataset: ImageDataset,
  net: LoadedNet | Model,
  given: LabelOptions,
): Promise<Scored<string> | Scored<readonly LabelledBox[]> | Scored<ClassMap>> {
  const options = withoutJson(given);
  const kinds = new Set(statistics.map((name) => name.replace(/\d+$/, '')));
  if (kinds.size !== 1) {
    throw new UsageError(
      `--statistic ${statistics.join(', ')}: these need different labels; give those of one kind, top…, iou, or map and map50.`,
    );
  }
  if (kinds.has('iou')) return ofMasks(dataset, net, options);
  return kinds.has('map') ? ofBoxes(statistics, dataset, options) : ofClasses(statistics, dataset, options);
}

async function classNames({ classes }: LabelOptions): Promise<readonly string[] | undefined> {
  return classes === undefined ? undefined : readClasses(classes);
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
  options: LabelOptions,
): Promise<Scored<string>> {
  const { labels } = options;
  const classes = await classNames(options);
  const labelled =
    labels === undefined ? labelImages(dataset, ({ label }) => label) : await classesFromCsv(dataset, labels);
  const top = (name: string) => topK(Number(name.slice('top'.length)), classes);
  return { labelled, statistic: () => together<string, Record<string, number>>(named(statistics, top)) };
}

async function ofBoxes(
  statistics: readonly string[],
  dataset: ImageDataset,
  options: LabelOptions,
): Promise<Scored<readonly LabelledBox[]>> {
  const { labels } = options;
  const classes = await classNames(options);
  if (labels === undefined) throw new UsageError('map needs --labels, a CSV file of boxes.');
  const labelled = await boxesFromCsv(dataset, labels);
  const precision = (name: string) =>
    meanAveragePrecision({
      ...(classes === undefined ? {} : { labels: classes }),
      ...(name === 'map50' ? { iouThresholds: [0.5] } : {}),
    });
  return { labelled, statistic: () => together(named(statistics, precision)) };
}

async function ofMasks(
  dataset: ImageDataset,
  net: LoadedNet | Model,
  { labels }: LabelOptions,
): Promise<Scored<ClassMap>> {
  if (labels === undefined) throw new UsageError('iou needs --labels, a folder or zip of masks.');
  // Masks are looked at as they are; the preprocessing is for nothing.
  const asTheyAre: Preprocessing = { mean: 0, std: 1 };
  const labelled = masksFor(dataset, await images([labels], net, asTheyAre));
  return { labelled, statistic: () => together({ iou: meanIoU() }) };
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
