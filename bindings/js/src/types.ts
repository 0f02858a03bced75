/// <reference lib="esnext.disposable" preserve="true" />
// The public types of Octet. Everything here is plain, read-only data, or an interface whose calls run in workers.

import type { AnalyzeOptions, ErrorMetric, NodeError } from './analysis-types.js';
import type { AccuracyFeedback, AccuracyFeedbackOptions } from './feedback-types.js';
import type { GraphInfo, Unit } from './graph-types.js';
import type { ImageDataset } from './image-types.js';
import type { QuantizationParams } from './main/params.js';
import type { QuantizationReport } from './report/types.js';
import type {
  MixedPrecision,
  MixedPrecisionCurveOptions,
  MixedPrecisionOptions,
  MixedPrecisionPoint,
  RankOptions,
  Sensitivity,
  SensitivityMetric,
} from './sensitivity-types.js';
import type { RequantizationMode, Target } from './settings-types.js';
import type { LabelledImages, LabelledSample, Statistic } from './statistics/types.js';

export type * from './analysis-types.js';
export type * from './graph-types.js';
export type * from './image-types.js';
export * from './settings-types.js';

/** What a tensor's elements can be stored as. */
export type TypedArray =
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/** Element types, as NumPy names them. */
export type DType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool';

/** How integers stand for reals: real = scale · (q − zeroPoint); one entry, or one a channel along `axis`. */
export interface TensorQuantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
  /** 4 for weights within −8..7, which files hold two a byte; absent: as many as the type has. */
  readonly bits?: 4;
}

/** A value that goes in or comes out. Row-major; images are NHWC. */
export interface Tensor {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** A value computed by a model: what it is stored as and, for integers, what the integers mean. */
export interface OutputTensor extends Tensor {
  readonly dtype: DType;
  readonly quantization?: TensorQuantization;
}

/** One sample: a tensor for every input, by the input's name. */
export type Sample = Readonly<Record<string, Tensor>>;

/** Tensors by name: the model's outputs in its order, then kept layers' in the order of computing. */
export type TensorMap = Readonly<Record<string, OutputTensor>>;

/**
 * Samples to calibrate or measure with: an array, a generator, a stream, or an `imageDataset`. Calls that need them several
 * times (all settings with further passes, `recommendedQuantization` among them) keep up to 1 GiB of what is neither an
 * array nor a dataset. Beyond that it has to begin anew each time that it is iterated, or the call is refused.
 */
export type SampleSource = Iterable<Sample> | AsyncIterable<Sample> | ImageDataset;

// ---------------------------------------------------------------------------------------------------------- settings

/** How the pixels of an image become an input tensor: value = (pixel − mean) / std, pixels from 0 to 255. */
export interface Preprocessing {
  /** One value, or one a channel in the order of `color`, in pixel units. */
  readonly mean: number | readonly number[];
  /** One value, or one a channel, in pixel units. `mean: 127.5, std: 127.5` gives −1..1; `mean: 0, std: 255` gives 0..1. */
  readonly std: number | readonly number[];
  /**
   * OpenCV's methods. 'bilinear', the default, and 'cubic' have half-pixel centres and no antialiasing; 'nearest' takes
   * pixel floor(i · size / new size); 'area' is the mean of what each pixel covers, where no side grows.
   */
  readonly resize?: 'bilinear' | 'nearest' | 'area' | 'cubic';
  /** Scale by one factor and leave the rest black, instead of stretching. Default false. */
  readonly keepAspect?: boolean;
  /** Where the image then lies. Default 'center'. */
  readonly deposit?: 'topLeft' | 'center' | 'bottomRight';
  /** Default 'RGB'; a single-channel input takes 'GRAY' (ITU-R BT.601 luma) by itself. */
  readonly color?: 'RGB' | 'BGR' | 'GRAY';
  /** Default 'NHWC'. */
  readonly layout?: 'NHWC' | 'NCHW';
}

// ------------------------------------------------------------------------------------------------------------ calls

/** Progress of a long call. `total` is absent while the number of samples is not known. */
export interface Progress {
  /**
   * `judge`: samples are told apart, then methods are tried on some of them and judged on others. `smooth`: the pass over the calibration samples that smooth quant and channel equalization take before `calibrate`. `refine`: a further pass over the calibration samples, which bias correction and adaptive rounding take. `rank`: some samples in which one thing after the other is rounded.
   */
  readonly phase: 'judge' | 'smooth' | 'calibrate' | 'rank' | 'refine' | 'quantize' | 'evaluate' | 'analyze';
  readonly done: number;
  readonly total?: number;
}

/** Options of every long call. */
export interface CallOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** How many workers take part; default: the processor's, at most 4. Results do not depend on it. */
  readonly workers?: number;
  /** Ends the call within one sample; it then rejects with code 'CANCELLED'. */
  readonly signal?: AbortSignal;
}

export interface EvaluateOptions extends CallOptions {
  /**
   * Called at the end with a sentence for each thing about the inputs that is likely wrong: images that hold one value, or
   * were scaled twice, stretched or turned to grey, and ranges far from those of calibration. Of a quantized model also
   * for each part of an output that is lost or far worse than the whole: the first 8 samples are compared with the float
   * model.
   */
  readonly onWarning?: (warning: string) => void;
}

/** A file beside a model. */
export interface ExternalData {
  readonly path: string;
  /** Its bytes, path (Node) or URL. */
  readonly data: Uint8Array | ArrayBuffer | Blob | string | URL;
}

export interface LoadOptions {
  /** Default gen1. */
  readonly target?: Target;
  /** Lets tensors that do not have four dimensions on the accelerator, which takes images. Default false. */
  readonly anyShapeOnMla?: boolean;
  /** Shapes of inputs whose dimensions, other than the batch, are dynamic in the file, in its order of axes. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Names of tensors where the model is to end in place of its outputs: what only others need is left out. */
  readonly outputs?: readonly string[];
  /**
   * Files that a .onnx model has constants in, by the paths in it, or by their last parts. In Node those in the model's
   * folder need not be given.
   */
  readonly externalData?: readonly ExternalData[];
  /**
   * How many workers open the model at once; others do when they are first needed. 'default' means as many as calls use
   * by default. Default 1.
   */
  readonly workers?: number | 'default';
  readonly signal?: AbortSignal;
}

export interface QuantizeOptions extends CallOptions {
  /** Default: the name of the loaded model. */
  readonly modelName?: string;
}

export interface ConvertOptions {
  /** Default: the name of the loaded model. */
  readonly modelName?: string;
  /** Default: what the target uses. `tflite` keeps every integer of the file that the target computes. */
  readonly requantization?: RequantizationMode;
  readonly signal?: AbortSignal;
}

export interface ExecuteOptions {
  /** Names of nodes whose outputs are returned besides the model's, or all of them. */
  readonly keepLayerOutputs?: readonly string[] | 'all';
  readonly signal?: AbortSignal;
}

export interface TFLiteOptions {
  /** 'int8' and 'int16' drop the conversions at the model's ends, which must be of that type. Default 'float32'. */
  readonly ioType?: 'float32' | 'int8' | 'int16';
}

/** Time of one forward pass in one worker, warmed up. */
export interface Timing {
  readonly milliseconds: number;
  readonly runs: number;
}

/** Time and traffic of one node. */
export interface NodeTime {
  readonly node: string;
  readonly label: string;
  readonly operator: string;
  readonly unit: Unit;
  readonly milliseconds: number;
  /** 0 for operators that do not multiply. */
  readonly multiplyAccumulates: number;
  /** Of its operands, constants included, and its outputs. */
  readonly bytes: number;
}

/** Mean times of the nodes over `runs` forward passes in one worker. */
export interface Profile {
  /** Of a forward pass: the sum over its nodes. */
  readonly milliseconds: number;
  readonly runs: number;
  readonly nodes: readonly NodeTime[];
}

// -------------------------------------------------------------------------------------------------------- transforms

/** What a tensor is, without its name or contents. Images are [batch, height, width, channels]. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Of integers that stand for reals. */
  readonly quantization?: Pick<TensorQuantization, 'scale' | 'zeroPoint'>;
}

/** The JSON form of a transform: its name, and fields of its own. */
export interface TransformJson {
  readonly transform: string;
  readonly [field: string]: unknown;
}

/** Pre- or post-processing as immutable data. It is checked against its inputs when it is used. */
export interface Transform {
  /** What it makes of a tensor, or of several. */
  apply(inputs: Tensor | readonly Tensor[]): Promise<readonly OutputTensor[]>;
  /** What it would make of tensors of these types. */
  getResultType(types: TensorType | readonly TensorType[]): Promise<readonly TensorType[]>;
  toJSON(): TransformJson;
}

export interface AuxiliaryOptions {
  /** What decides which units there are. Default gen1; parts of one model must have the same. */
  readonly target?: Target;
  /** Default: "auxiliary". */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

export interface ComposeOptions {
  /** Default: the name of the first part that was quantized. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

// ------------------------------------------------------------------------------------------------------- the handles

/** What both a loaded net and a quantized model can do. */
export interface Runnable extends GraphInfo {
  /** Runs one sample. Outputs, and kept layers' outputs, by tensor name and in their own types. */
  execute(inputs: Sample, options?: ExecuteOptions): Promise<TensorMap>;
  /** Runs labelled samples and feeds the outputs to `statistic` in sample order. */
  evaluate<GroundTruth, Result>(
    samples:
      | Iterable<LabelledSample<GroundTruth>>
      | AsyncIterable<LabelledSample<GroundTruth>>
      | LabelledImages<GroundTruth>,
    statistic: Statistic<GroundTruth, Result>,
    options?: EvaluateOptions,
  ): Promise<Result>;
  /** Runs labelled images; the ground truth is the name of an image's folder. */
  evaluate<Result>(
    images: ImageDataset,
    statistic: Statistic<string, Result>,
    options?: EvaluateOptions,
  ): Promise<Result>;
  /** The contents of a constant, such as weights, as the graph holds them. */
  constant(tensor: string): Promise<OutputTensor>;
  /** Median time of one forward pass, measured after warming up. */
  measureTime(inputs: Sample, options?: { readonly signal?: AbortSignal }): Promise<Timing>;
  /** Where the time of a forward pass goes: each node's, in execution order, measured after warming up. */
  profile(inputs: Sample, options?: { readonly signal?: AbortSignal }): Promise<Profile>;
  /** Frees the memory in the workers; the handle is unusable afterwards. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A model as its file has it, prepared and partitioned for a target. */
export interface LoadedNet extends Runnable {
  readonly target: Target;
  /** True where the file computes in integers already: it runs, and it converts, but it is not quantized again. */
  readonly quantized: boolean;
  /** What was read other than the file stores it, in complete sentences. */
  readonly warnings: readonly string[];
  /** `defaultQuantization` with the requantization mode that the target uses. */
  readonly defaultQuantization: QuantizationParams;
  /**
   * The net as a .tflite file, not quantized any further: a float .onnx becomes a float .tflite. Load it for the target
   * `tflite` to have the nodes that TFLite knows. Throws UNSUPPORTED_MODEL where TFLite has nothing for a node.
   */
  toTFLite(): Promise<Uint8Array>;
  /**
   * Calibrates and quantizes what runs on the accelerator. The same samples and settings give the same bytes, for any
   * number of workers and, except with `moving_average`, any order of samples.
   */
  quantize(samples: SampleSource, params?: QuantizationParams, options?: QuantizeOptions): Promise<Model>;
  /** Looks at the samples once, to quantize from what was seen as often as wanted. */
  calibrate(samples: SampleSource, params?: QuantizationParams, options?: CallOptions): Promise<Calibration>;
  /**
   * What rounding each thing to 8 bits by itself makes of the outputs, worst first, as it is with `params` (default:
   * `defaultQuantization`): see `Model.rankSensitivity`. The samples calibrate; and are looked at again.
   */
  rankSensitivity(
    samples: SampleSource,
    metric?: SensitivityMetric,
    options?: RankOptions & { readonly params?: QuantizationParams },
  ): Promise<readonly Sensitivity[]>;
  /** Chooses nodes for INT16: see `Calibration.mixedPrecision`. */
  mixedPrecision(
    samples: SampleSource,
    params?: QuantizationParams,
    options?: MixedPrecisionOptions,
  ): Promise<MixedPrecision>;
  /**
   * Quantizes, and while the accuracy on labelled samples is below `targetAccuracy`, raises the precision of nodes: of
   * those first that make most noise at the outputs for what it costs in multiply-accumulates, segments and bytes between
   * them. INT16 makes the noise of activations small; where weights make it, BF16 (gen2) or float does. Changes that turn
   * out needless are taken back. Quantizes and evaluates at most 1 + 3 · `maxOptimizationSteps` times. When the target cannot
   * be reached, the best model that was found comes back with `reached: false`.
   */
  quantizeWithAccuracyFeedback<GroundTruth>(
    calibration: SampleSource,
    evaluation: Iterable<LabelledSample<GroundTruth>> | AsyncIterable<LabelledSample<GroundTruth>>,
    params: QuantizationParams | undefined,
    options: AccuracyFeedbackOptions<GroundTruth> & { readonly accuracyScore: () => Statistic<GroundTruth> },
  ): Promise<AccuracyFeedback>;
  /** The ground truth of images is the name of their folder. */
  quantizeWithAccuracyFeedback(
    calibration: SampleSource,
    evaluation: ImageDataset,
    params: QuantizationParams | undefined,
    options: AccuracyFeedbackOptions<string>,
  ): Promise<AccuracyFeedback>;
  /** Against the float model, without labels. */
  quantizeWithAccuracyFeedback(
    calibration: SampleSource,
    evaluation: SampleSource,
    params: QuantizationParams | undefined,
    options: AccuracyFeedbackOptions<never> & { readonly accuracyScore: 'sqnr' },
  ): Promise<AccuracyFeedback>;
  /**
   * Makes a model of an already quantized net, without calibration: scales are the file's. With `sima` the weights are
   * quantized anew, so that each layer rescales by a right shift; integer nodes that the target does not run become
   * float. Its float model, which errors are measured against, is the file's with all constants dequantized.
   */
  convertToSimaQuantization(options?: ConvertOptions): Promise<Model>;
}

/**
 * What the samples do in a net: statistics in the workers, and the samples themselves for the passes that bias correction
 * and adaptive rounding take.
 */
export interface Calibration {
  /**
   * Quantizes with any settings; the model has the same bytes as one from `LoadedNet.quantize`. Settings that need
   * other statistics (channel equalization, another number of histogram bins) have the samples looked at anew.
   */
  quantize(params?: QuantizationParams, options?: QuantizeOptions): Promise<Model>;
  /** What rounding each thing by itself makes of the outputs with these settings: see `Model.rankSensitivity`. */
  rankSensitivity(
    params?: QuantizationParams,
    metric?: SensitivityMetric,
    options?: RankOptions,
  ): Promise<readonly Sensitivity[]>;
  /**
   * Chooses the nodes that had best compute in INT16 where only some multiply-accumulates may (`share`): those whose
   * rounding to 8 bits makes most of the noise at the outputs, measured on some of the samples. Each output counts alike,
   * in dB. Nodes that do not multiply cost nothing of the share; nodes with a precision of their own keep it.
   */
  mixedPrecision(params?: QuantizationParams, options?: MixedPrecisionOptions): Promise<MixedPrecision>;
  /**
   * What larger and larger shares of the multiply-accumulates in INT16 gain at the outputs, over the same settings in
   * INT8: a curve with a point for each of `shares`, each of which is the best choice for that share. A share of 1 is all
   * nodes that may compute in INT16.
   */
  mixedPrecisionCurve(
    params?: QuantizationParams,
    options?: MixedPrecisionCurveOptions,
  ): Promise<readonly MixedPrecisionPoint[]>;
  /** Whether the statistics there are serve the settings, so that quantizing starts at once. */
  serves(params: QuantizationParams): Promise<boolean>;
  /** Frees the memory in the workers; the handle is unusable afterwards. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * A quantized model with the float model that it was made from; or an auxiliary network, both of whose models are the same;
 * or what such were composed to, whose float model is that of all parts.
 */
export interface Model extends Runnable {
  readonly target: Target;
  /** What it was quantized with: of a composed model its first quantized part, of an auxiliary network the defaults. */
  readonly params: QuantizationParams;
  /** How images become inputs; absent when it was calibrated from plain tensors. */
  readonly preprocessing?: Preprocessing;
  /**
   * The float model that it was made from, to run it beside this one; the same handle each time. Smooth quant has changed
   * it where a RELU6 would have cut off more than calibration saw.
   */
  floatModel(): Promise<Runnable>;
  /** Runs both the float and the quantized graph, and compares every node's output in reals; worst first. */
  analyzeQuantizationError(
    samples: SampleSource,
    metric?: ErrorMetric,
    options?: AnalyzeOptions,
  ): Promise<readonly NodeError[]>;
  /**
   * What rounding each thing by itself makes of the outputs, while all others stay in float: each INT8 output of a node,
   * the weights of each node, and inputs. Only what lies behind is run again. Worst first; noises nearly add up.
   */
  rankSensitivity(
    samples: SampleSource,
    metric?: SensitivityMetric,
    options?: RankOptions,
  ): Promise<readonly Sensitivity[]>;
  /** The bytes of a .octet file. */
  save(): Uint8Array;
  /** The bytes of a .tflite file; `exportNotes` says what it cannot hold. */
  toTFLite(options?: TFLiteOptions): Promise<Uint8Array>;
  /**
   * What a .tflite file holds in place of arithmetic that TFLite lacks, BF16 or requantization by shifts, in complete
   * sentences with the nodes concerned; and which outputs join values that one scale cannot hold, where the file has
   * integers for outputs: with `ioType`, of that type, else of any. Empty when it computes what the model does.
   */
  exportNotes(options?: TFLiteOptions): Promise<readonly string[]>;
  report(): QuantizationReport;
}

// ------------------------------------------------------------------------------------------------------ configuration

/** Overrides for unusual hosts, such as one HTML file without a server. Set before the first call. */
export interface Configuration {
  /** The bytes of octet.wasm, or where to fetch them. */
  readonly wasm?: BufferSource | Response | URL;
  /** Makes a worker that runs the package's worker.js. */
  readonly createWorker?: () => Worker;
}
