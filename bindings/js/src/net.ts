// LoadedNet: a model as its file has it, float or already quantized, and how it becomes a Model.

import { type CalibratedNet, NetCalibration } from './calibration.js';
import { type ImprovableNet, repeatable, searchPrecisions } from './feedback.js';
import { scoreOn } from './feedback-score.js';
import type { AccuracyFeedback, AccuracyFeedbackOptions } from './feedback-types.js';
import { type CoreGraph, FileModel } from './file-model.js';
import { modelMadeBy } from './model.js';
import { defaultQuantization, type QuantizationParams } from './params.js';
import { leastBusyWorker, newId, takeWorkers, workerCount } from './pool.js';
import type { Artifact } from './protocol.js';
import { abortable, throwIfAborted } from './samples.js';
import type {
  MixedPrecision,
  MixedPrecisionOptions,
  RankOptions,
  Sensitivity,
  SensitivityMetric,
} from './sensitivity-types.js';
import { readSource } from './source.js';
import type { LabelledSample } from './statistics/types.js';
import type {
  Calibration,
  CallOptions,
  ConvertOptions,
  LoadedNet as LoadedNetInterface,
  LoadOptions,
  Model,
  Partition,
  QuantizeOptions,
  RequantizationMode,
  Sample,
  SampleSource,
  Target,
} from './types.js';
import { VERSION } from './version.js';

/** What the core says about a loaded model. */
interface CoreNetInfo {
  readonly graph: CoreGraph;
  readonly partition: Partition;
  readonly quantized: boolean;
  readonly warnings: readonly string[];
  readonly defaultRequantization: RequantizationMode;
}

class FileNet extends FileModel implements LoadedNetInterface, CalibratedNet, ImprovableNet {
  readonly target: Target;
  readonly quantized: boolean;
  readonly warnings: readonly string[];
  readonly defaultQuantization: QuantizationParams;

  constructor(artifact: Artifact, info: CoreNetInfo, target: Target) {
    super(artifact, info.graph, info.partition);
    this.target = target;
    this.quantized = info.quantized;
    this.warnings = info.warnings;
    this.defaultQuantization = defaultQuantization.withRequantizationMode(info.defaultRequantization);
  }

  async convertToSimaQuantization(options: ConvertOptions = {}): Promise<Model> {
    const { artifact } = this;
    const { modelName, requantization = this.defaultQuantization.requantization, signal } = options;
    throwIfAborted(signal);
    const description = JSON.stringify({
      requantization,
      modelName,
      octetVersion: VERSION,
      sourceBytes: artifact.bytes.length,
    });
    const worker = leastBusyWorker();
    await abortable(worker.open(artifact), signal);
    return modelMadeBy(worker, (api, id) => api.convert(artifact.id, id, description), signal);
  }

  async calibrate(
    samples: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: CallOptions = {},
  ): Promise<Calibration> {
    const calibration = new NetCalibration(this, samples);
    await calibration.gather(params, options);
    return calibration;
  }

  async quantize(
    samples: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: QuantizeOptions = {},
  ): Promise<Model> {
    const calibration = new NetCalibration(this, samples);
    try {
      return await calibration.quantize(params, options);
    } finally {
      calibration.dispose();
    }
  }

  async rankSensitivity(
    samples: SampleSource,
    metric: SensitivityMetric = 'sqnr',
    options: RankOptions & { readonly params?: QuantizationParams } = {},
  ): Promise<readonly Sensitivity[]> {
    const calibration = new NetCalibration(this, samples);
    try {
      return await calibration.rankSensitivity(options.params, metric, options);
    } finally {
      calibration.dispose();
    }
  }

  async mixedPrecision(
    samples: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: MixedPrecisionOptions = {},
  ): Promise<MixedPrecision> {
    const calibration = new NetCalibration(this, samples);
    try {
      return await calibration.mixedPrecision(params, options);
    } finally {
      calibration.dispose();
    }
  }

  async quantizeWithAccuracyFeedback(
    calibrationSamples: SampleSource,
    evaluation: Iterable<LabelledSample<unknown> | Sample> | AsyncIterable<LabelledSample<unknown> | Sample>,
    params: QuantizationParams | undefined,
    // Which kinds of samples and statistic go together is the overloads' business.
    options: AccuracyFeedbackOptions<never>,
  ): Promise<AccuracyFeedback> {
    const calibration = new NetCalibration(this, calibrationSamples);
    try {
      const score = await scoreOn(this, await repeatable(evaluation), options);
      return await searchPrecisions(this, calibration, params ?? this.defaultQuantization, score, options);
    } finally {
      calibration.dispose();
    }
  }

  async partitionWith(params: QuantizationParams): Promise<Partition> {
    const { artifact } = this;
    const settings = this.settingsOf(params);
    return JSON.parse(
      await leastBusyWorker().callWith(artifact, (api) => api.partitionWith(artifact.id, settings)),
    );
  }

  settingsOf(params: QuantizationParams): string {
    const resolved = (name: string) => (/[*?]/.test(name) ? name : this.resolveNode(name));
    const unquantized = [...params.unquantizedNodes].map(resolved);
    const custom = [...params.customQuantizationConfigs].map(
      ([name, config]) => [resolved(name), config] as const,
    );
    return JSON.stringify(
      params.withUnquantizedNodes(unquantized).withCustomQuantizationConfigs(new Map(custom)),
    );
  }
}

/** Loads a model, .tflite, float or already quantized, from its bytes, path (Node) or URL. */
export async function loadModel(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
  options: LoadOptions = {},
): Promise<LoadedNetInterface> {
  const { target = 'gen1', anyShapeOnMla = false, inputShapes = {}, workers = 1, signal } = options;
  throwIfAborted(signal);
  // They start while the file is read.
  const ready = takeWorkers(workerCount(workers === 'default' ? undefined : workers, undefined));
  const bytes = await abortable(readSource(source), signal);
  const artifact: Artifact = {
    id: newId(),
    kind: 'net',
    bytes,
    options: JSON.stringify({ target, anyShapeOnMla, inputShapes }),
  };
  const first = leastBusyWorker();
  for (const worker of ready) worker.open(artifact);
  const info: CoreNetInfo = JSON.parse(await abortable(first.open(artifact), signal));
  return new FileNet(artifact, info, target);
}
