// One whole run: quantize, then measure everything that the page shows of it.

import {
  type Calibration,
  type ImageDataset,
  type LoadedNet,
  type Model,
  type NodeError,
  OctetError,
  type Preprocessing,
  type Progress,
  type QuantizationParams,
  type Statistic,
  type Target,
  type TensorMap,
} from 'octet-quant';
import { classCount } from '../model/classes';
import type { Classification, ImageEntry, ModelFile, Phase, PhaseName, Run, Timing } from '../model/types';
import { calibrationOf, datasetOf, floatNet, knownCalibration, rememberModel } from './engine';

/** Images on which every layer is compared; more change the figures little and take long. */
const LAYER_IMAGES = 64;

/** Steps that rounding one thing after the other counts for, beside running each image twice. */
const RANKING_STEPS = 100;
/** What judging methods takes at least where three are asked for: all of them, and each left out. */
const TRIALS = 4;
const TRIED_IMAGES = 24;

/** What every run measures, whatever made its model. */
export interface Measured {
  readonly file: ModelFile;
  readonly target: Target;
  readonly preprocessing: Preprocessing;
  readonly compare: readonly ImageEntry[];
  readonly classes: readonly string[];
  readonly runName: string;
}

export interface QuantizeInputs extends Measured {
  readonly params: QuantizationParams;
  readonly calibrate: readonly ImageEntry[];
  /** Of the multiply-accumulates, those of nodes that are raised to INT16 where that helps the outputs most. */
  readonly int16Share: number | undefined;
}

export interface Reporter {
  readonly phase: (name: PhaseName, done: number) => void;
  /** A phase that was planned is not needed: its result is there. */
  readonly leaveOut: (name: PhaseName) => void;
  readonly signal: AbortSignal;
}

/** The phases of quantizing with their numbers of steps, in order. */
export function plannedPhases(
  params: QuantizationParams,
  images: number,
  int16Share: number | undefined,
): readonly Phase[] {
  const passes = furtherPasses(params);
  return [
    ...(params.smoothQuant.enabled || params.channelEqualization ? [planned('smooth', images)] : []),
    planned('calibrate', images),
    // The images are told apart, then each method is tried with some of them.
    ...(params.judgeMethods ? [planned('judge', images + TRIALS * Math.min(images, TRIED_IMAGES))] : []),
    ...(int16Share === undefined ? [] : [planned('rank', images + RANKING_STEPS)]),
    ...(passes > 0 ? [planned('refine', passes * images)] : []),
    planned('quantize', 1),
  ];
}

/** The phases of measuring what came of it. */
export function measuringPhases(images: number, classifies: boolean): readonly Phase[] {
  if (images === 0) return [planned('files', 1)];
  return [
    ...(classifies ? [planned('float', images), planned('quantized', images)] : []),
    planned('layers', Math.min(images, LAYER_IMAGES)),
    planned('time', 1),
    planned('files', 1),
  ];
}

function planned(name: PhaseName, total: number): Phase {
  return { name, total, done: 0 };
}

/** Passes over the images that correcting biases and rounding weights take. */
function furtherPasses({ biasCorrection, adaptiveRounding }: QuantizationParams): number {
  if (biasCorrection === 'iterative') return 2;
  return biasCorrection === 'regular' || adaptiveRounding ? 1 : 0;
}

/** Hands on the progress of quantizing, with its further passes as one phase. */
function progressOf(reporter: Reporter, images: number): (progress: Progress) => void {
  let passes = 0;
  return ({ phase, done }) => {
    if (phase === 'refine' && done === 0) passes += 1;
    if (phase === 'refine') reporter.phase('refine', (passes - 1) * images + done);
    else
      reporter.phase(
        phase === 'quantize' || phase === 'smooth' || phase === 'judge' ? phase : 'calibrate',
        done,
      );
  };
}

/** What the model is as a .tflite: its size and what it cannot hold, or why there is none. */
export async function asTFLite(
  model: Model,
): Promise<{ size?: number; part: Pick<Run, 'tfliteRefusal' | 'exportNotes'> }> {
  try {
    const { length } = await model.toTFLite();
    return { size: length, part: { exportNotes: await model.exportNotes() } };
  } catch (error) {
    if (error instanceof OctetError && error.code === 'UNSUPPORTED_MODEL')
      return { part: { tfliteRefusal: error.message } };
    throw error;
  }
}

export async function quantizeAndMeasure(inputs: QuantizeInputs, reporter: Reporter): Promise<Run> {
  const started = performance.now();
  const net = await floatNet(inputs.file, inputs.target);
  const images = await datasetOf(net, inputs.calibrate, inputs.preprocessing);
  const comparison = await datasetOf(net, inputs.compare, inputs.preprocessing);
  const options = { signal: reporter.signal, onProgress: progressOf(reporter, inputs.calibrate.length) };
  if (await knownCalibration(net, images)?.serves(inputs.params)) reporter.leaveOut('calibrate');
  if (knowsFloatAnswers(net, comparison)) reporter.leaveOut('float');
  const calibration = await calibrationOf(net, images, inputs.params, options);
  const params = await mixed(inputs, calibration, reporter);
  const model = await calibration.quantize(params, { ...options, modelName: baseName(inputs.file.fileName) });
  return finish(inputs, reporter, { net, model, comparison, started });
}

/** The settings with the nodes in INT16 that help most, where that was asked for. */
async function mixed(
  { params, int16Share: share, calibrate }: QuantizeInputs,
  calibration: Calibration,
  { phase: report, signal }: Reporter,
): Promise<QuantizationParams> {
  if (share === undefined) return params;
  const onProgress = ({ phase, done, total = 1 }: Progress): void => {
    if (phase === 'judge') report('judge', done);
    if (phase === 'analyze') report('rank', done);
    if (phase === 'rank') report('rank', calibrate.length + Math.round((done / total) * RANKING_STEPS));
  };
  const chosen = await calibration.mixedPrecision(params, {
    share,
    signal,
    onProgress,
  });
  return chosen.params;
}

/** The net of an already quantized file, whose own integers stand beside those of the converted model. */
export async function convertAndMeasure(inputs: Measured, reporter: Reporter): Promise<Run> {
  const started = performance.now();
  const net = await floatNet(inputs.file, inputs.target);
  const comparison = await datasetOf(net, inputs.compare, inputs.preprocessing);
  reporter.phase('quantize', 0);
  const model = await net.convertToSimaQuantization({
    modelName: baseName(inputs.file.fileName),
    requantization: 'sima',
    signal: reporter.signal,
  });
  return finish(inputs, reporter, { net, model, comparison, started });
}

interface Made {
  readonly net: LoadedNet;
  readonly model: Model;
  readonly comparison: ImageDataset;
  readonly started: number;
}

/** Measures the model that was made; it is freed when that fails. */
async function finish(inputs: Measured, reporter: Reporter, made: Made): Promise<Run> {
  const seconds = (performance.now() - made.started) / 1000;
  try {
    return await measure(inputs, reporter, made, seconds);
  } catch (error) {
    made.model.dispose();
    throw error;
  }
}

async function measure(inputs: Measured, reporter: Reporter, made: Made, seconds: number): Promise<Run> {
  const { net, model, comparison } = made;
  const compares = comparison.length > 0;
  const classification =
    compares && classCount(net) !== undefined ? await classify(inputs, reporter, made) : undefined;
  const errors = compares ? await layerErrors(reporter, made) : [];
  const timing = compares ? await measureTime(reporter, made) : undefined;
  reporter.phase('files', 0);
  const octet = model.save();
  const tflite = await asTFLite(model);
  reporter.signal.throwIfAborted();
  const id = crypto.randomUUID();
  rememberModel(id, model);
  const report = model.report();
  return {
    id,
    name: inputs.runName,
    target: inputs.target,
    settings: model.params.toJSON(),
    preprocessing: inputs.preprocessing,
    finishedAt: Date.now(),
    seconds,
    sizes: {
      source: inputs.file.bytes.length,
      tflite: tflite.size,
      octet: octet.length,
    },
    ...tflite.part,
    timing,
    calibrationImages: report.provenance.calibrationSamples,
    compareImages: inputs.compare.length,
    errors,
    classification,
    report,
    quantizedTensors: model.tensors.filter(({ quantization }) => quantization !== undefined),
    octet,
  };
}

/** The error of every layer, in network order. */
async function layerErrors(
  reporter: Reporter,
  { net, model, comparison }: Made,
): Promise<readonly NodeError[]> {
  reporter.phase('layers', 0);
  const some = comparison.select(
    Array.from({ length: Math.min(comparison.length, LAYER_IMAGES) }, (_, index) => index),
  );
  const worstFirst = await model.analyzeQuantizationError(some, 'sqnr', {
    signal: reporter.signal,
    onProgress: ({ done }) => reporter.phase('layers', done),
  });
  const order = new Map(net.nodes.map(({ name }, index) => [name, index]));
  return [...worstFirst].sort((a, b) => (order.get(a.node) ?? 0) - (order.get(b.node) ?? 0));
}

async function classify(
  inputs: Measured,
  reporter: Reporter,
  { net, model, comparison }: Made,
): Promise<Classification> {
  const float = await floatAnswers(net, comparison, reporter);
  reporter.phase('quantized', 0);
  const quantized = await answers(model, comparison, reporter, 'quantized');
  const index = new Map(inputs.classes.map((name, at) => [name, at]));
  return {
    classes: inputs.classes,
    images: inputs.compare.map(({ name }) => name),
    truth: inputs.compare.map(({ label }) => index.get(label) ?? -1),
    float,
    quantized,
  };
}

/** The float answers do not change from run to run. */
let floatCache:
  | { readonly comparison: ImageDataset; readonly net: LoadedNet; readonly answers: readonly number[] }
  | undefined;

async function floatAnswers(
  net: LoadedNet,
  comparison: ImageDataset,
  reporter: Reporter,
): Promise<readonly number[]> {
  if (floatCache && knowsFloatAnswers(net, comparison)) return floatCache.answers;
  reporter.phase('float', 0);
  floatCache = { comparison, net, answers: await answers(net, comparison, reporter, 'float') };
  return floatCache.answers;
}

function knowsFloatAnswers(net: LoadedNet, comparison: ImageDataset): boolean {
  return floatCache?.comparison === comparison && floatCache.net === net;
}

async function answers(
  model: LoadedNet | Model,
  images: ImageDataset,
  reporter: Reporter,
  phase: PhaseName,
): Promise<readonly number[]> {
  const collector = new AnswerCollector();
  await model.evaluate(images, collector, {
    signal: reporter.signal,
    onProgress: ({ done }) => reporter.phase(phase, done),
  });
  return collector.answers;
}

/** Remembers the strongest class of every image. */
class AnswerCollector implements Statistic<string> {
  readonly answers: number[] = [];

  add(outputs: TensorMap): void {
    const [output] = Object.values(outputs);
    this.answers.push(output ? indexOfLargest(output.data) : -1);
  }

  result(): number {
    return this.answers.length;
  }
}

function indexOfLargest(values: TensorMap[string]['data']): number {
  let best = 0;
  for (let index = 1; index < values.length; ++index) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}

/** Time of one image, after one of each has been warmed up. */
async function measureTime(reporter: Reporter, { net, model, comparison }: Made): Promise<Timing> {
  reporter.phase('time', 0);
  const { signal } = reporter;
  const sample = await comparison.sample(0);
  if (floatTime?.net !== net) {
    const { milliseconds } = await net.measureTime(sample, { signal });
    floatTime = { net, milliseconds };
  }
  const quantized = await model.measureTime(sample, { signal });
  return { float: floatTime.milliseconds, quantized: quantized.milliseconds };
}

/** The float model's time does not change from run to run either. */
let floatTime: { readonly net: LoadedNet; readonly milliseconds: number } | undefined;

export function baseName(fileName: string): string {
  return fileName.replace(/\.(tflite|onnx|octet)$/i, '');
}
