// octet analyze: how far each node of a quantized model is from the float model, worst first.

import { Command, Option } from 'commander';
import { type ErrorMetric, loadModel, Model, type NodeError } from 'octet-quant';
import {
  addOutputOptions,
  addPreprocessingOptions,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  samplesFrom,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { decibels, figure, type OutputOptions, progressBar, show, table } from '../output.js';

interface Options extends OutputOptions, PreprocessingOptions {
  readonly data: readonly string[];
  readonly metric: ErrorMetric;
  readonly local: boolean;
  readonly workers?: number;
}

export function analyzeCommand(): Command {
  const command = new Command('analyze')
    .description('Compare every node of a .octet or quantized .tflite file with its float model.')
    .argument('<file>')
    .requiredOption('--data <path>', 'images, folder, zip or .npy of samples (repeatable)', repeated)
    .addOption(
      new Option('--metric <name>', 'what decides which is worse')
        .choices(['sqnr', 'mse', 'mae', 'cosine'])
        .default('sqnr'),
    )
    .option('--local', "rank by each node's own error, without what the nodes before it did", false)
    .addOption(workersOption())
    .action(async (file: string, options: Options) => {
      const model = await quantizedModel(file);
      const preprocessing = preprocessingOf(options, model.preprocessing ?? UNIT_RANGE);
      const samples = await samplesFrom(options.data, model, preprocessing);
      const { onProgress, finish } = progressBar(options);
      const { local, workers } = options;
      const errors = await model
        .analyzeQuantizationError(samples, options.metric, {
          onProgress,
          localFeed: local,
          ...(workers === undefined ? {} : { workers }),
        })
        .finally(finish);
      show(options, { samples: samples.length, metric: options.metric, local, nodes: errors }, () =>
        errorTable(errors),
      );
    });
  return addOutputOptions(addPreprocessingOptions(command));
}

/** A quantized .tflite file with its own integers, beside what these stand for in float. */
async function quantizedModel(file: string): Promise<Model> {
  if (file.endsWith('.octet')) return Model.load(file);
  const net = await loadModel(file, { target: 'tflite' });
  return net.convertToSimaQuantization({ requantization: 'tflite' });
}

/** The figures are those of the accumulated errors, but for the local SQNR in the second column. */
export function errorTable(errors: readonly NodeError[]): string {
  return table(
    ['>SQNR dB', '>its own', '>MSE', '>cosine', 'unit', 'operator', 'node'],
    errors.map(({ sqnr, local, mse, cosine, unit, operator, label }) => [
      decibels(sqnr),
      decibels(local.sqnr),
      figure(mse),
      cosine.toFixed(6),
      unit,
      operator,
      label,
    ]),
  );
}
