// createReport: measures what a report tells of a quantized model.

import { EncodedDataset } from '../data/dataset.js';
import { MOST_KEPT_BYTES, tooLarge } from '../data/repeatable.js';
import { bytesOfEncoded, encodedSamples, throwIfAborted } from '../data/samples.js';
import { outputErrors } from '../main/output-errors.js';
import type {
  DType,
  ErrorPart,
  ImageDataset,
  Model,
  NodeError,
  NodeInfo,
  OutputTensor,
  Runnable,
  Sample,
  SampleSource,
  SignalError,
  TensorInfo,
  TensorMap,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import type { EncodedSample } from '../wire/protocol.js';
import { realValues } from '../wire/tensor.js';
import { Histograms } from './histograms.js';
import { inputOf, outputsOf } from './preview.js';
import type {
  Report,
  ReportError,
  ReportNode,
  ReportOptions,
  ReportPart,
  ReportSample,
  ReportWeights,
} from './types.js';

/** Samples whose values the histograms hold. */
const HISTOGRAM_SAMPLES = 8;
const SHOWN_SAMPLES = 4;

/** A report of a model on samples; without any, of what is known without running it. */
export async function createReport(
  model: Model,
  samples: SampleSource,
  options: ReportOptions = {},
): Promise<Report> {
  const list = await listOf(samples);
  const errors = await errorsOf(model, list, options);
  const float = await model.floatModel();
  const histograms = new Histograms(model.report().tensors);
  const shown = await look(model, float, list, histograms, options);
  const { sizes, provenance, partition, settings, preprocessing, warnings, ...report } = model.report();
  const tflite = await asTFLite(model);
  const { accuracy = [], times, modelFile, date } = options;
  return {
    version: 1,
    title: options.title ?? modelFile ?? model.name,
    target: model.target,
    ...(report.anyShapeOnMla === undefined ? {} : { anyShapeOnMla: report.anyShapeOnMla }),
    inputs: float.inputs.map(summaryOf),
    outputs: float.outputs.map((output, at) => ({
      ...summaryOf(output),
      ...errorOfOutput(model.outputs[at]?.name, errors),
    })),
    sizes: {
      ...sizes,
      octetBytes: model.save().length,
      ...(tflite.bytes === undefined ? {} : { tfliteBytes: tflite.bytes }),
    },
    accuracy,
    ...(times === undefined ? {} : { times }),
    partition,
    nodes: nodesOf(model, float, errors),
    ranges: histograms.ranges(),
    weights: await weightsOf(model, float, options),
    samples: shown,
    ...madeBy(options),
    warnings,
    ...(report.methods === undefined ? {} : { methods: report.methods }),
    exportNotes: tflite.notes,
    settings,
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(report.transforms === undefined ? {} : { transforms: report.transforms }),
    ...(report.parts === undefined ? {} : { parts: report.parts }),
    provenance: {
      octetVersion: provenance.octetVersion,
      ...(modelFile === undefined ? {} : { modelFile }),
      calibrationSamples: provenance.calibrationSamples,
      comparedSamples: list.length,
      ...(date === undefined ? {} : { date }),
    },
  };
}

/** How the precision of nodes was chosen. */
function madeBy({ mixedPrecision, feedback }: ReportOptions): Pick<Report, 'mixedPrecision' | 'feedback'> {
  const curve = mixedPrecision?.map(({ share, nodes, expected, measured }) => ({
    share,
    nodes: nodes.length,
    gain: measured ?? expected,
  }));
  const plain = feedback && {
    initialAccuracy: feedback.initialAccuracy,
    accuracy: feedback.accuracy,
    reached: feedback.reached,
    steps: feedback.steps,
  };
  return { ...(curve && { mixedPrecision: curve }), ...(plain && { feedback: plain }) };
}

/** The samples as something that can be gone through more than once. */
async function listOf(source: SampleSource): Promise<ImageDataset | readonly Sample[]> {
  if (source instanceof EncodedDataset) return source;
  if (Array.isArray(source)) return source;
  const list: Sample[] = [];
  let bytes = 0;
  for await (const sample of encodedSamples(source).items) {
    bytes += bytesOfEncoded(sample);
    if (bytes > MOST_KEPT_BYTES) throw tooLarge(MOST_KEPT_BYTES);
    list.push(tensorsOf(sample));
  }
  return list;
}

function tensorsOf({ inputs }: EncodedSample): Sample {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, input]) =>
      input.kind === 'tensor' ? [[name, input.tensor]] : [],
    ),
  );
}

async function errorsOf(
  model: Model,
  list: ImageDataset | readonly Sample[],
  { errors, onProgress, workers, signal }: ReportOptions,
): Promise<readonly NodeError[]> {
  if (errors !== undefined) return errors;
  if (list.length === 0) return [];
  return model.analyzeQuantizationError(list, 'sqnr', {
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(workers === undefined ? {} : { workers }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Runs some samples, spread over all of them, by both models: fills the histograms, and gives what to show. */
async function look(
  model: Model,
  float: Runnable,
  list: ImageDataset | readonly Sample[],
  histograms: Histograms,
  { shownSamples = SHOWN_SAMPLES, classes, signal }: ReportOptions,
): Promise<readonly ReportSample[]> {
  const taken = Math.min(list.length, Math.max(HISTOGRAM_SAMPLES, shownSamples));
  const shown: ReportSample[] = [];
  for (let at = 0; at < taken; ++at) {
    throwIfAborted(signal);
    const index = Math.floor((at * list.length) / taken);
    const sample = 'items' in list ? await list.sample(index) : (list[index] ?? {});
    const before = await float.execute(sample, { keepLayerOutputs: 'all' });
    histograms.add(inputTensors(sample, float.inputs), before);
    // Spread over those that were looked at in turn: sets are often sorted by class.
    if (shown.length * taken > at * shownSamples || shown.length >= shownSamples) continue;
    const after = await model.execute(sample);
    const input = inputOf(sample, float.inputs, model.preprocessing);
    shown.push({
      name: 'items' in list ? (list.items[index]?.name ?? '') : `Sample ${index}`,
      ...(input === undefined ? {} : { input }),
      outputs: outputsOf(float.outputs, before, after, classes),
    });
  }
  return shown;
}

/** A sample's inputs as tensors that say what they stand for. */
function inputTensors(sample: Sample, inputs: readonly TensorInfo[]): TensorMap {
  const named = inputs.flatMap(({ name, dtype, quantization }): [string, OutputTensor][] => {
    const tensor = sample[name];
    return tensor === undefined
      ? []
      : [[name, { ...tensor, dtype, ...(quantization === undefined ? {} : { quantization }) }]];
  });
  return Object.fromEntries(named);
}

async function asTFLite(
  model: Model,
): Promise<{ readonly bytes?: number; readonly notes: readonly string[] }> {
  try {
    const { length } = await model.toTFLite();
    return { bytes: length, notes: await model.exportNotes() };
  } catch (error) {
    if (error instanceof OctetError && error.code === 'UNSUPPORTED_MODEL') return { notes: [error.message] };
    throw error;
  }
}

function nodesOf(model: Model, float: Runnable, errors: readonly NodeError[]): readonly ReportNode[] {
  const errorOf = new Map(errors.map((error) => [error.node, error]));
  const quantized = new Map(model.nodes.map((node) => [node.name, node]));
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const shapes = new Map(float.tensors.map(({ name, shape }) => [name, shape]));
  const known = new Map(model.report().nodes.map((node) => [node.name, node]));
  return float.nodes.map((node) => {
    const { name, label, operator, multiplyAccumulates, parameters, outputs } = node;
    // The graph of the file says nothing of where nodes run; the report does.
    const { unit = node.unit, segment = node.segment, reasons = node.reasons } = known.get(name) ?? {};
    const [tensor = ''] = outputs;
    const error = errorOf.get(name);
    return {
      name,
      label,
      operator,
      unit,
      segment,
      reasons,
      precision: precisionOf(quantized.get(name), tensors),
      tensor,
      shape: shapes.get(tensor) ?? [],
      multiplyAccumulates,
      parameters,
      ...(error === undefined ? {} : { error: { ...figuresOf(error), local: figuresOf(error.local) } }),
      causes: (error?.causes ?? []).map(({ kind, sentence, remedy }) => ({ kind, sentence, remedy })),
      ...(error?.noise === undefined ? {} : { noise: error.noise }),
      ...(error?.saturation === undefined ? {} : { saturation: error.saturation }),
      ...(error?.parts === undefined ? {} : { parts: error.parts.map(partOf) }),
    };
  });
}

const PRECISIONS: Readonly<Partial<Record<DType, string>>> = {
  int8: 'INT8',
  int16: 'INT16',
  bfloat16: 'BF16',
  float32: 'float',
};

/** What a node of the quantized graph computes in; where there is no such node, it became several or none. */
function precisionOf(node: NodeInfo | undefined, tensors: ReadonlyMap<string, TensorInfo>): string {
  if (node === undefined) return '';
  const [first] = [...node.outputs, ...node.inputs].flatMap(
    (name) => PRECISIONS[tensors.get(name)?.dtype ?? 'bool'] ?? [],
  );
  const weights = tensors.get(node.inputs[1] ?? '');
  if (first === undefined) return '';
  if (first === 'float' || !weights?.constant) return first;
  if (weights.quantization?.bits === 4) return `${first}, 4-bit weights`;
  return first === 'BF16' && weights.dtype === 'int8' ? `${first}, INT8 weights` : first;
}

function errorOfOutput(
  name: string | undefined,
  errors: readonly NodeError[],
): Pick<Report['outputs'][number], 'error'> {
  const found = outputErrors(errors).find(({ output }) => output === name);
  if (found === undefined) return {};
  const { sqnr, parts, warnings } = found;
  return { error: { sqnr: ratioOf(sqnr), parts: parts.map(partOf), warnings } };
}

function partOf({ axis, channels, low, high, sqnr, local, step, lost, weak }: ErrorPart): ReportPart {
  const range = { axis, channels, low, high };
  const ratios = { sqnr: ratioOf(sqnr), ownSqnr: ratioOf(local.sqnr) };
  return { ...range, ...ratios, ...(step === undefined ? {} : { step }), lost, weak };
}

/** In JSON there is no Infinity. */
function ratioOf(sqnr: number): number | null {
  return Number.isFinite(sqnr) ? sqnr : null;
}

function figuresOf({ sqnr, mse, mae, cosine, maxError }: SignalError): ReportError {
  return { sqnr: ratioOf(sqnr), mse, mae, cosine, maxError };
}

/** The weights that were quantized, by output channel. */
async function weightsOf(
  model: Model,
  float: Runnable,
  { signal }: ReportOptions,
): Promise<readonly ReportWeights[]> {
  const floatNode = new Map(float.nodes.map((node) => [node.name, node]));
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const constants = new Set(float.tensors.filter(({ constant }) => constant).map(({ name }) => name));
  const found: ReportWeights[] = [];
  for (const node of model.nodes) {
    const quantized = tensors.get(node.inputs[1] ?? '');
    const tensor = floatNode.get(node.name)?.inputs[1] ?? '';
    if (!quantized?.constant || quantized.dtype !== 'int8' || !constants.has(tensor)) continue;
    const { scale = [], axis = 0, bits = 8 } = quantized.quantization ?? {};
    // Operands that are constant, and no weights, have no channels of their own.
    if (scale.length < 1 || quantized.shape.length < 2) continue;
    throwIfAborted(signal);
    const values = await float.constant(tensor);
    const channelAxis = scale.length > 1 ? axis : node.operator === 'DEPTHWISE_CONV_2D' ? 3 : 0;
    found.push({
      node: node.name,
      tensor,
      bits,
      largest: largestOf(values, channelAxis).map(rounded),
      limits: scale.map((step) => rounded(step * (2 ** (bits - 1) - 1))),
    });
  }
  return found;
}

/** The largest absolute value at each index of an axis. */
function largestOf(tensor: OutputTensor, axis: number): readonly number[] {
  const { shape } = tensor;
  const largest = new Array<number>(shape[axis] ?? 1).fill(0);
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  realValues(tensor).forEach((value, at) => {
    const channel = Math.floor(at / inner) % largest.length;
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(value));
  });
  return largest;
}

/** Five digits: as many as a chart can show. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function summaryOf({ name, dtype, shape }: TensorInfo): Report['inputs'][number] {
  return { name, dtype, shape };
}
