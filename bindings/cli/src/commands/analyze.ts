// octet analyze: how far each node of a quantized model is from the float model, worst first.

import { Command, Option } from 'commander';
import type { ErrorMetric, NodeError, Sensitivity } from 'octet-quant';
import { UsageError } from '../exit-code.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  openQuantized,
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
  readonly atOutputs: boolean;
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
    .option('--at-outputs', 'rank what rounding each tensor by itself makes of the outputs', false)
    .addOption(workersOption())
    .action(async (file: string, options: Options) => {
      const model = await openQuantized(file);
      const preprocessing = preprocessingOf(options, model.preprocessing ?? UNIT_RANGE);
      const samples = await samplesFrom(options.data, model, preprocessing);
      const { onProgress, finish } = progressBar(options);
      const { local, workers, metric, atOutputs } = options;
      const callOptions = { onProgress, ...(workers === undefined ? {} : { workers }) };
      if (atOutputs) {
        if (metric !== 'sqnr' && metric !== 'mse')
          throw new UsageError(`--at-outputs ranks by sqnr or mse, not by ${metric}.`);
        const roundings = await model.rankSensitivity(samples, metric, callOptions).finally(finish);
        show(options, { samples: samples.length, metric, roundings }, () => roundingTable(roundings));
        return;
      }
      const errors = await model
        .analyzeQuantizationError(samples, metric, { localFeed: local, ...callOptions })
        .finally(finish);
      show(options, { samples: samples.length, metric, local, nodes: errors }, () => errorTable(errors));
    });
  return addOutputOptions(addPreprocessingOptions(command));
}

function roundingTable(roundings: readonly Sensitivity[]): string {
  return table(
    ['>SQNR dB', '>MSE', 'rounded', 'operator', 'node'],
    roundings.map(({ sqnr, mse, rounded, operator, label }) => [
      decibels(sqnr),
      figure(mse),
      rounded,
      operator,
      label,
    ]),
  );
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
