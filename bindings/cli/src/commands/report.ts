// octet report: all that is worth knowing about a quantized model, as one HTML file or as JSON.

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command } from 'commander';
import {
  type CallOptions,
  createReport,
  loadModel,
  type MixedPrecisionPoint,
  type Model,
  type ReportAccuracy,
  reportHtml,
  type SampleSource,
} from 'octet-quant';
import { UsageError } from '../exit-code.js';
import { evaluationOf, type LabelOptions, readClasses, statisticOption } from '../labels.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  images,
  openQuantized,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  SAMPLES,
  samplesFrom,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { count, type OutputOptions, progressBar, show } from '../output.js';

interface Options extends OutputOptions, PreprocessingOptions, LabelOptions {
  readonly data: readonly string[];
  readonly output: readonly string[];
  readonly statistic?: readonly string[];
  readonly curve?: string;
  readonly title?: string;
  readonly date?: true;
  readonly workers?: number;
}

export function reportCommand(): Command {
  const command = new Command('report')
    .description('Write a report of a .octet or quantized .tflite file: one HTML file, or JSON.')
    .argument('<file>')
    .requiredOption('--data <path>', SAMPLES, repeated)
    .requiredOption('--output <file>', 'a .html or .json file (repeatable)', repeated)
    .option('--labels <path>', 'as of octet evaluate: CSV, or masks')
    .option('--classes <file>', 'as of octet evaluate: JSON with class names')
    .addOption(statisticOption('figures that the report has, with labels (repeatable)'))
    .option(
      '--curve <file>',
      'the float .tflite that it was made from: adds what INT16 gains, from what the samples show of it',
    )
    .option('--title <text>', "default: the file's name")
    .option('--date', 'write the date into the report, which is else the same whenever it is made')
    .addOption(workersOption())
    .action(report);
  return addOutputOptions(addPreprocessingOptions(command));
}

async function report(file: string, options: Options): Promise<void> {
  const strange = options.output.find((path) => !/\.(html|json)$/.test(path));
  if (strange !== undefined) throw new UsageError(`--output is a .html or .json file, not '${strange}'.`);
  const model = await openQuantized(file);
  const samples = await samplesFrom(options.data, model, options, model.preprocessing ?? UNIT_RANGE);
  const { onProgress, finish } = progressBar(options);
  const { workers, title, date, curve } = options;
  const call = { onProgress, ...(workers === undefined ? {} : { workers }) };
  const made = await (async () =>
    createReport(model, samples, {
      ...call,
      modelFile: basename(file),
      accuracy: await accuracyOf(model, options, call),
      ...(options.classes === undefined ? {} : { classes: await readClasses(options.classes) }),
      ...(curve === undefined ? {} : { mixedPrecision: await curveOf(curve, model, samples, call) }),
      ...(title === undefined ? {} : { title }),
      ...(date ? { date: new Date().toISOString().slice(0, 10) } : {}),
    }))().finally(finish);
  const files: { path: string; bytes: number }[] = [];
  for (const path of options.output) {
    const text = path.endsWith('.html') ? reportHtml(made) : `${JSON.stringify(made, null, 1)}\n`;
    await writeFile(path, text);
    files.push({ path, bytes: Buffer.byteLength(text) });
  }
  show(options, { file, samples: samples.length, accuracy: made.accuracy, files }, () =>
    files.map(({ path, bytes }) => `Wrote ${path} (${count(bytes)} bytes).`).join('\n'),
  );
}

/** What INT16 gains over the model's settings. */
async function curveOf(
  file: string,
  model: Model,
  samples: SampleSource,
  call: CallOptions,
): Promise<readonly MixedPrecisionPoint[]> {
  const { target, params } = model;
  const anyShapeOnMla = model.report().anyShapeOnMla ?? false;
  using net = await loadModel(file, { target, anyShapeOnMla });
  using calibration = await net.calibrate(samples, params, call);
  return await calibration.mixedPrecisionCurve(params, { measure: true, ...call });
}

/** The figures that were asked for, of the float and the quantized model. */
async function accuracyOf(
  model: Model,
  options: Options,
  call: CallOptions,
): Promise<readonly ReportAccuracy[]> {
  const { statistic: names = options.labels || options.classes ? ['top1'] : [] } = options;
  if (names.length === 0) return [];
  const dataset = await images(
    options.data,
    model,
    preprocessingOf(options, model.preprocessing ?? UNIT_RANGE),
  );
  const evaluation = await evaluationOf(names, dataset, model, options);
  const quantized = await evaluation(model, call);
  const float = await evaluation(await model.floatModel(), call);
  return names.map((statistic) => ({
    statistic,
    samples: dataset.length,
    float: float[statistic] ?? Number.NaN,
    quantized: quantized[statistic] ?? Number.NaN,
  }));
}
