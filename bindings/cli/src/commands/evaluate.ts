// octet evaluate: how right a model is on labelled images, and how right its float model was.

import { Command, InvalidArgumentError, Option } from 'commander';
import type { LoadedNet, Model } from 'octet-quant';
import { AccuracyNotMet } from '../exit-code.js';
import { evaluationOf, type LabelOptions, statisticOption } from '../labels.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  addTargetOptions,
  images,
  openFile,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  type TargetOptions,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { count, type OutputOptions, percent, progressBar, show, table } from '../output.js';

interface Options extends OutputOptions, PreprocessingOptions, TargetOptions, LabelOptions {
  readonly data: readonly string[];
  readonly statistic?: readonly string[];
  readonly top?: number;
  readonly float: boolean;
  readonly targetAccuracy?: number;
  readonly workers?: number;
}

/** The figures of a statistic, from 0 to 1: of the float model, of the quantized one, or of both. */
interface Figures {
  readonly float?: number;
  readonly quantized?: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('Measure on labelled images how right a model is, quantized and float side by side.')
    .argument('<file>')
    .requiredOption('--data <path>', 'images, folder or zip (repeatable)', repeated)
    .option(
      '--labels <path>',
      'CSV: file,label, or file,label,left,top,right,bottom for map; for iou a folder or zip of masks (default: folders are named after classes)',
    )
    .option(
      '--classes <file>',
      'JSON: class names in the order of the model\'s output, a list or {"classes": list}',
    )
    .addOption(statisticOption('what is measured (repeatable; default top1)'))
    .addOption(new Option('--top <k>', 'the same as --statistic top<k>').argParser(atLeastOne))
    .option('--no-float', 'leave out the float model of a quantized one')
    .addOption(
      new Option(
        '--target-accuracy <share>',
        'exit with code 3 where the first statistic is below this, 0 to 1',
      ).argParser(share),
    )
    .addOption(workersOption())
    .action(evaluate);
  return addOutputOptions(addPreprocessingOptions(addTargetOptions(command)));
}

async function evaluate(file: string, options: Options): Promise<void> {
  const { top = 1, statistic: names = [`top${top}`], workers, targetAccuracy } = options;
  const model = await openFile(file, options);
  const saved = 'preprocessing' in model ? model.preprocessing : undefined;
  const dataset = await images(options.data, model, preprocessingOf(options, saved ?? UNIT_RANGE));
  const evaluation = await evaluationOf(names, dataset, model, options);
  const { onProgress, finish } = progressBar(options);
  const call = { onProgress, ...(workers === undefined ? {} : { workers }) };
  const warnings: string[] = [];
  const [own, float] = await (async () => [
    await evaluation(model, { ...call, onWarning: (warning) => warnings.push(warning) }),
    options.float && 'floatModel' in model ? await evaluation(await model.floatModel(), call) : {},
  ])().finally(finish);
  const statistics = Object.fromEntries(
    names.map((name) => [name, figuresOf(model, own?.[name], float?.[name])]),
  );
  const accuracy = own?.[names[0] ?? ''] ?? Number.NaN;
  const met = targetAccuracy === undefined || accuracy >= targetAccuracy;
  const target = targetAccuracy === undefined ? {} : { target_accuracy: targetAccuracy, met };
  show(options, { file, samples: dataset.length, statistics, accuracy, warnings, ...target }, () =>
    [
      figuresTable(dataset.length, statistics),
      ...warnings.map((warning) => `Warning: ${warning}`),
      ...(targetAccuracy === undefined
        ? []
        : [`The target of ${percent(targetAccuracy)} is ${met ? 'met' : 'not met'}.`]),
    ].join('\n'),
  );
  if (!met) throw new AccuracyNotMet();
}

function figuresOf(model: LoadedNet | Model, own: number | undefined, float: number | undefined): Figures {
  const isFloat = 'quantized' in model && !model.quantized;
  return {
    ...(isFloat ? { float: own } : { quantized: own }),
    ...(float === undefined ? {} : { float }),
  } as Figures;
}

function figuresTable(samples: number, statistics: Readonly<Record<string, Figures>>): string {
  const columns = (['float', 'quantized'] as const).filter((column) =>
    Object.values(statistics).some((figures) => figures[column] !== undefined),
  );
  const rows = Object.entries(statistics).map(([name, figures]) => [
    name,
    ...columns.map((column) => percent(figures[column] ?? Number.NaN)),
  ]);
  return table([`${count(samples)} images`, ...columns.map((column) => `>${column}`)], rows);
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
