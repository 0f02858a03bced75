// octet evaluate: the accuracy of a classifier on labelled images.

import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { OctetError, topK } from 'octet-quant';
import { AccuracyNotMet } from '../exit-code.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  anyShapeOption,
  images,
  openFile,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  type TargetOptions,
  targetOption,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { count, type OutputOptions, progressBar, show } from '../output.js';

interface Options extends OutputOptions, PreprocessingOptions, TargetOptions {
  readonly data: readonly string[];
  readonly labels: string;
  readonly top: number;
  readonly targetAccuracy?: number;
  readonly workers?: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Measure the accuracy of a classifier on images in folders named after their classes.')
    .argument('<file>')
    .requiredOption('--data <path>', 'folder or zip with a folder for each class (repeatable)', repeated)
    .requiredOption(
      '--labels <file>',
      'JSON: the classes in the order of the model\'s output, a list or {"classes": list}',
    )
    .addOption(targetOption())
    .addOption(anyShapeOption())
    .addOption(
      new Option('--top <k>', 'the true class counts among the k highest').default(1).argParser(atLeastOne),
    )
    .addOption(
      new Option('--target-accuracy <share>', 'exit with code 3 below this share, 0 to 1').argParser(share),
    )
    .addOption(workersOption())
    .action(evaluate);
  return addOutputOptions(addPreprocessingOptions(command));
}

async function evaluate(file: string, options: Options): Promise<void> {
  const labels = await readLabels(options.labels);
  const model = await openFile(file, options);
  const saved = 'preprocessing' in model ? model.preprocessing : undefined;
  const dataset = await images(options.data, model, preprocessingOf(options, saved ?? UNIT_RANGE));
  const { onProgress, finish } = progressBar(options);
  const { workers, top, targetAccuracy } = options;
  const accuracy = await model
    .evaluate(dataset, topK(top, labels), { onProgress, ...(workers === undefined ? {} : { workers }) })
    .finally(finish);
  const met = targetAccuracy === undefined || accuracy >= targetAccuracy;
  const result = {
    file,
    samples: dataset.length,
    top,
    accuracy,
    ...(targetAccuracy === undefined ? {} : { target_accuracy: targetAccuracy, met }),
  };
  show(options, result, () => {
    const sentence = `Top-${top} accuracy on ${count(dataset.length)} images: ${percent(accuracy)}.`;
    if (targetAccuracy === undefined) return sentence;
    return `${sentence} The target of ${percent(targetAccuracy)} is ${met ? 'met' : 'not met'}.`;
  });
  if (!met) throw new AccuracyNotMet();
}

async function readLabels(path: string): Promise<readonly string[]> {
  const labels = labelsIn(await readFile(path, 'utf8'));
  if (labels !== undefined) return labels;
  throw new OctetError({
    code: 'INVALID_CONFIG',
    message: `'${path}' does not hold labels.`,
    hint: 'It is JSON: ["first class", "second class", …], or an object with such a list as "classes".',
  });
}

function labelsIn(text: string): readonly string[] | undefined {
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

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

function share(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return value;
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}
