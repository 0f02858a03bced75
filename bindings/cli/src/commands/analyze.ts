// octet analyze: how far each node of a quantized model is from the float model, worst first.

import { Command, Option } from 'commander';
import {
  type ErrorMetric,
  type NodeError,
  type OutputError,
  outputErrors,
  type Sensitivity,
} from 'octet-quant';
import { channelsText } from 'octet-quant/display';
import { UsageError } from '../exit-code.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  openQuantized,
  type PreprocessingOptions,
  repeated,
  SAMPLES,
  samplesFrom,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { decibels, figure, type OutputOptions, progressBar, show, table } from '../output.js';

const WORST_CHANNELS = 4;

interface Options extends OutputOptions, PreprocessingOptions {
  readonly data: readonly string[];
  readonly metric: ErrorMetric;
  readonly local?: true;
  readonly accumulated?: true;
  readonly perChannel: boolean;
  readonly atOutputs: boolean;
  readonly workers?: number;
}

export function analyzeCommand(): Command {
  const command = new Command('analyze')
    .description('Compare every node of a .octet or quantized .tflite file with its float model.')
    .argument('<file>')
    .requiredOption('--data <path>', SAMPLES, repeated)
    .addOption(
      new Option('--metric <name>', 'what decides which is worse')
        .choices(['sqnr', 'mse', 'mae', 'cosine'])
        .default('sqnr'),
    )
    .option('--accumulated', 'rank by the error with those of all nodes before (default)')
    .option('--local', "rank by each node's own error, without what the nodes before it did")
    .option('--per-channel', "give the error of each node's channels, too", false)
    .option('--at-outputs', 'rank what rounding each tensor by itself makes of the outputs', false)
    .addOption(workersOption())
    .action(async (file: string, options: Options) => {
      if (options.local && options.accumulated) throw new UsageError('Give either --local or --accumulated.');
      const model = await openQuantized(file);
      const samples = await samplesFrom(options.data, model, options, model.preprocessing ?? UNIT_RANGE);
      const { onProgress, finish } = progressBar(options);
      const { workers, metric, atOutputs, perChannel } = options;
      const local = options.local ?? false;
      const callOptions = { onProgress, ...(workers === undefined ? {} : { workers }) };
      if (atOutputs) {
        if (metric !== 'sqnr' && metric !== 'mse')
          throw new UsageError(`--at-outputs ranks by sqnr or mse, not by ${metric}.`);
        const { outputs, roundings } = await (async () => ({
          outputs: outputErrors(await model.analyzeQuantizationError(samples, metric, callOptions)),
          roundings: await model.rankSensitivity(samples, metric, callOptions),
        }))().finally(finish);
        show(options, { samples: samples.length, metric, outputs, roundings }, () =>
          [outputText(outputs, true), roundingTable(roundings)].filter((part) => part !== '').join('\n\n'),
        );
        return;
      }
      const errors = await model
        .analyzeQuantizationError(samples, metric, { localFeed: local, perChannel, ...callOptions })
        .finally(finish);
      show(options, { samples: samples.length, metric, local, nodes: errors }, () =>
        [
          errorTable(errors),
          channelText(errors),
          outputText(outputErrors(errors).map(withoutCauses(errors))),
          causeText(errors),
        ]
          .filter((part) => part !== '')
          .join('\n\n'),
      );
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

/** The figures are those of the accumulated errors, but for the local SQNR and what weights make of that noise. */
export function errorTable(errors: readonly NodeError[]): string {
  return table(
    ['>SQNR dB', '>its own', '>by weights', '>MSE', '>cosine', 'unit', 'operator', 'node'],
    errors.map(({ sqnr, local, noise, mse, cosine, unit, operator, label }) => [
      decibels(sqnr),
      decibels(local.sqnr),
      noise === undefined ? '' : `${(100 * noise.weights).toFixed(0)} %`,
      figure(mse),
      cosine.toFixed(6),
      unit,
      operator,
      label,
    ]),
  );
}

/** What stands out about nodes, in their order, with what helps. */
export function causeText(errors: readonly NodeError[]): string {
  return errors
    .flatMap(({ label, causes }) =>
      causes.map(({ sentence, remedy }) => `${label}: ${sentence}\n  ${remedy}`),
    )
    .join('\n');
}

/** The parts of outputs, and what is said about them; of those that are one part only where all are asked for. */
function outputText(outputs: readonly OutputError[], all = false): string {
  const told = outputs.filter(({ parts }) => all || parts.length > 1);
  if (told.length === 0) return '';
  const rows = told.flatMap(({ output, sqnr, parts }) => [
    [decibels(sqnr), '', '', '', output],
    ...(parts.length > 1 ? parts : []).map((part) => [
      decibels(part.sqnr),
      decibels(part.local.sqnr),
      `${figure(part.low)} to ${figure(part.high)}`,
      part.step === undefined ? '' : figure(part.step),
      `  ${part.channels.length === 1 ? 'channel' : 'channels'} ${channelsText(part.channels)} of axis ${part.axis}${part.lost.length > 0 ? ', lost' : part.weak ? ', weak' : ''}`,
    ]),
  ]);
  return [
    table(['>SQNR dB', '>its own', '>range', '>step', 'output and its parts'], rows),
    ...told.flatMap(({ warnings }) => warnings.map((warning) => `Warning: ${warning}`)),
  ].join('\n');
}

/** Leaves out the warnings about outputs whose nodes' causes say the same. */
function withoutCauses(errors: readonly NodeError[]): (output: OutputError) => OutputError {
  const told = new Set(
    errors
      .filter(({ causes }) => causes.some(({ kind }) => kind === 'lost_channels'))
      .map(({ node }) => node),
  );
  return (output) => (told.has(output.node) ? { ...output, warnings: [] } : output);
}

/** The channels of each node that are worst by their own error; empty where channels were not asked for. */
function channelText(errors: readonly NodeError[]): string {
  const lines = errors.flatMap(({ label, channels }) => {
    if (channels === undefined || channels.length === 0) return [];
    const worst = channels
      .map(({ local }, channel) => ({ channel, sqnr: local.sqnr }))
      .filter(({ sqnr }) => Number.isFinite(sqnr))
      .sort((a, b) => a.sqnr - b.sqnr)
      .slice(0, WORST_CHANNELS)
      .map(({ channel, sqnr }) => `${channel} (${decibels(sqnr)})`);
    return worst.length === 0 ? [] : [`  ${label}: ${worst.join(', ')}`];
  });
  return lines.length === 0 ? '' : ['Channels with the worst SQNR of their own, in dB:', ...lines].join('\n');
}
