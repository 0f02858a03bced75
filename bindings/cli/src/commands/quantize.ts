// octet quantize: a float model and samples in, quantized files out.

import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type AccuracyFeedback,
  type BiasCorrection,
  type CalibrationMethodName,
  createReport,
  type LoadedNet,
  type MixedPrecision,
  type Model,
  OctetError,
  QuantizationParams,
  quantizationScheme,
  type RequantizationMode,
  reportHtml,
  type SampleSource,
  settingsTable,
  type TFLiteOptions,
} from 'octet-quant';
import { methodSentence } from 'octet-quant/display';
import { AccuracyNotMet, UsageError } from '../exit-code.js';
import {
  type FeedbackOptions,
  feedbackJson,
  feedbackOptions,
  feedbackText,
  quantizedToTarget,
} from '../feedback.js';
import {
  addOutputOptions,
  addPreprocessingOptions,
  addTargetOptions,
  ioOption,
  loadFor,
  outputOption,
  type PreprocessingOptions,
  repeated,
  requantizationOption,
  SAMPLES,
  samplesFrom,
  type TargetOptions,
  UNIT_RANGE,
  workersOption,
} from '../options.js';
import { count, note, type OutputOptions, progressBar, show, unitText } from '../output.js';

const { choices: CHOICES, presets: PRESETS } = settingsTable;

export interface SaveOptions extends OutputOptions {
  readonly io: NonNullable<TFLiteOptions['ioType']>;
  readonly output: readonly string[];
}

interface Options extends SaveOptions, PreprocessingOptions, TargetOptions, FeedbackOptions {
  readonly calibration: readonly string[];
  readonly preset: keyof typeof PRESETS;
  readonly config?: string;
  readonly method?: CalibrationMethodName;
  readonly requantization?: RequantizationMode;
  readonly weightBits?: '8' | '4';
  readonly biasCorrection?: BiasCorrection;
  readonly adaptiveRounding?: true;
  readonly channelEqualization?: true;
  readonly smoothQuant?: true | string;
  readonly int16Share?: number;
  readonly workers?: number;
  readonly report?: string;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

export interface Saved {
  readonly files: readonly WrittenFile[];
  /** What the .tflite files cannot hold. */
  readonly notes: readonly string[];
}

export function quantizeCommand(): Command {
  const command = new Command('quantize')
    .description('Calibrate and quantize a .tflite or .onnx file.')
    .argument('<file>')
    .requiredOption('--calibration <path>', SAMPLES, repeated)
    .addOption(
      new Option('--preset <name>', 'settings to start from')
        .choices(Object.keys(PRESETS))
        .default('recommended'),
    )
    .option('--config <file>', 'settings as JSON, over those of the preset')
    .addOption(new Option('--method <name>', 'calibration method').choices(CHOICES.method))
    .addOption(requantizationOption())
    .addOption(new Option('--weight-bits <bits>', 'of integer weights').choices(['8', '4']))
    .addOption(
      new Option('--bias-correction <kind>', "make up for layers' mean errors").choices(
        CHOICES.biasCorrection,
      ),
    )
    .option('--adaptive-rounding', "round weights for small errors of the layers' outputs")
    .option('--channel-equalization', 'scale channels between layers so that weights are alike')
    .option(
      '--smooth-quant [alpha]',
      "scale channels so that one scale serves them all: how far, from 0 to 1, or 'search' (default 0.5)",
    )
    .addOption(
      new Option(
        '--int16-share <share>',
        'INT16 for the nodes that need it most, up to this share of the multiply-accumulates (from 0 to 1)',
      ).argParser(shareOf),
    )
    .addOption(ioOption())
    .addOption(workersOption())
    .addOption(outputOption())
    .option('--report <file>', 'write what was decided as JSON, or as .html all of octet report')
    .action(quantize);
  for (const option of feedbackOptions()) command.addOption(option);
  return addOutputOptions(addPreprocessingOptions(addTargetOptions(command)));
}

async function quantize(file: string, options: Options): Promise<void> {
  checkOutputs(options.output);
  const net = await loadFor(file, options, options.workers ?? 'default');
  const params = await paramsOf(net, options);
  const samples = await samplesFrom(options.calibration, net, options, UNIT_RANGE);
  if (options.mean === undefined && options.std === undefined && !Array.isArray(samples)) {
    note(options, 'Without --mean and --std, pixels are divided by 255.');
  }

  const { model, int16, feedback } = await quantized(net, samples, params, options);
  const saved = await save(model, options);
  const target = options.targetAccuracy ?? Number.NaN;
  const report = {
    ...model.report(),
    ...(int16 === undefined ? {} : { int16 }),
    ...(feedback === undefined ? {} : { feedback: feedbackJson(feedback, target) }),
    ...saved,
  };
  if (options.report?.endsWith('.html')) await writeHtml(options.report, file, model, samples, options);
  else if (options.report !== undefined)
    await writeFile(options.report, `${JSON.stringify(report, null, 1)}\n`);
  show(options, report, () =>
    [
      ...(feedback === undefined ? [] : [feedbackText(feedback, target, net)]),
      text(model, int16, saved.files),
    ].join('\n'),
  );
  if (feedback?.reached === false) throw new AccuracyNotMet();
}

/** What octet report writes, with the samples of the calibration. */
async function writeHtml(
  path: string,
  file: string,
  model: Model,
  samples: SampleSource,
  options: Options,
): Promise<void> {
  const { onProgress, finish } = progressBar(options);
  const { workers } = options;
  const call = { onProgress, ...(workers === undefined ? {} : { workers }) };
  const report = await createReport(model, samples, { ...call, modelFile: basename(file) }).finally(finish);
  await writeFile(path, reportHtml(report));
}

/** Nodes that were chosen for INT16, and their share of the multiply-accumulates. */
type Int16 = Pick<MixedPrecision, 'nodes' | 'share'>;

async function quantized(
  net: LoadedNet,
  samples: SampleSource,
  params: QuantizationParams,
  options: Options,
): Promise<{ model: Model; int16?: Int16; feedback?: AccuracyFeedback }> {
  const { onProgress, finish } = progressBar(options);
  const { workers, int16Share, targetAccuracy } = options;
  if (int16Share !== undefined && targetAccuracy !== undefined)
    throw new UsageError('Give either --int16-share or --target-accuracy.');
  const callOptions = { onProgress, ...(workers === undefined ? {} : { workers }) };
  try {
    const feedback = await quantizedToTarget(net, samples, params, options, callOptions);
    if (feedback !== undefined) return { model: feedback.model, feedback };
    if (int16Share === undefined) return { model: await net.quantize(samples, params, callOptions) };
    const calibration = await net.calibrate(samples, params, callOptions);
    const mixed = await calibration.mixedPrecision(params, { share: int16Share, ...callOptions });
    const model = await calibration.quantize(mixed.params, callOptions);
    return { model, int16: { nodes: mixed.nodes, share: mixed.share } };
  } finally {
    finish();
  }
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text === '' || !(share >= 0 && share <= 1)) throw new InvalidArgumentError('It must be from 0 to 1.');
  return share;
}

/** The settings that turn on methods, which presets leave to a judgement. */
const METHODS = ['smoothQuant', 'channelEqualization', 'adaptiveRounding', 'biasCorrection'];

async function paramsOf(net: LoadedNet, options: Options): Promise<QuantizationParams> {
  const { preset, config, method, requantization, weightBits, biasCorrection } = options;
  const { adaptiveRounding, channelEqualization, smoothQuant } = options;
  let params = QuantizationParams.fromJSON(PRESETS[preset]).withRequantizationMode(
    net.defaultQuantization.requantization,
  );
  if (config !== undefined) {
    const settings = await readJson(config);
    // A file that leaves the requantization open means the target's, as without a file.
    params = QuantizationParams.fromJSON({ ...params.toJSON(), ...settings });
    if (METHODS.some((method) => method in settings) && !('judgeMethods' in settings))
      params = params.withJudgedMethods(false);
  }
  if (method !== undefined) params = params.withCalibration(params.calibration.withMethod(method));
  if (requantization !== undefined) params = params.withRequantizationMode(requantization);
  if (weightBits !== undefined) {
    const { perChannel } = params.weights;
    const weights = quantizationScheme({ asymmetric: false, perChannel, bits: Number(weightBits) });
    params = params.withWeightQuantization(weights);
  }
  if (biasCorrection !== undefined) params = params.withBiasCorrection(biasCorrection);
  if (adaptiveRounding) params = params.withAdaptiveRounding();
  if (channelEqualization) params = params.withChannelEqualization();
  if (smoothQuant !== undefined) params = params.withSmoothQuant(smoothQuantOf(smoothQuant));
  // Whoever names methods has decided.
  if (
    [biasCorrection, adaptiveRounding, channelEqualization, smoothQuant].some((given) => given !== undefined)
  )
    params = params.withJudgedMethods(false);
  return params;
}

function smoothQuantOf(given: true | string): Parameters<QuantizationParams['withSmoothQuant']>[0] {
  if (given === true) return true;
  return given === 'search' ? { search: true } : { alpha: Number(given) };
}

async function readJson(path: string): Promise<object> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OctetError({ code: 'INVALID_CONFIG', message: `'${path}' is not JSON: ${reason}.` });
  }
}

/** Before the work, so that none is lost over a name. */
export function checkOutputs(paths: readonly string[]): void {
  const strange = paths.find((path) => !/\.(tflite|octet)$/.test(path));
  if (strange !== undefined) throw new UsageError(`--output is a .tflite or .octet file, not '${strange}'.`);
}

/** Writes the files, and says before what a .tflite cannot hold of the model. */
export async function save(model: Model, options: SaveOptions): Promise<Saved> {
  const { output, io: ioType } = options;
  const notes = output.some((path) => path.endsWith('.tflite')) ? await model.exportNotes({ ioType }) : [];
  for (const sentence of notes) note(options, `Note: ${sentence}`);
  const files: WrittenFile[] = [];
  for (const path of output) {
    const bytes = path.endsWith('.octet') ? model.save() : await model.toTFLite({ ioType });
    await writeFile(path, bytes);
    files.push({ path, bytes: bytes.length });
  }
  return { files, notes };
}

function text(model: Model, int16: Int16 | undefined, files: readonly WrittenFile[]): string {
  const { sizes, warnings, methods = [], provenance, settings } = model.report();
  const units = model.partition.units.map(
    (share) => `${share.nodes} nodes on ${unitText(share.unit, model.target)}`,
  );
  return [
    `Calibrated with ${count(provenance.calibrationSamples)} samples (${settings.calibration.method}); ${units.join(', ')}.`,
    ...(int16 === undefined
      ? []
      : [
          `INT16: ${count(int16.nodes.length)} nodes with ${(100 * int16.share).toFixed(1)} % of the multiply-accumulates.`,
        ]),
    `Weights: ${count(sizes.floatConstantBytes)} bytes before, ${count(sizes.quantizedConstantBytes)} after.`,
    ...methods.map(methodSentence),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...files.map(({ path, bytes }) => `Wrote ${path} (${count(bytes)} bytes).`),
  ].join('\n');
}
