// LoadedNet: a model as its file has it, float or already quantized, and how it becomes a Model.

import { abortable, throwIfAborted } from '../data/samples.js';
import { readSource } from '../data/source.js';
import type { AccuracyFeedback, AccuracyFeedbackOptions } from '../feedback-types.js';
import { SETTINGS } from '../generated/settings.js';
import type {
  MixedPrecision,
  MixedPrecisionOptions,
  RankOptions,
  Sensitivity,
  SensitivityMetric,
} from '../sensitivity-types.js';
import type { LabelledSample } from '../statistics/types.js';
import {
  type Calibration,
  type CallOptions,
  type ConvertOptions,
  type LoadedNet as LoadedNetInterface,
  type LoadOptions,
  type Model,
  type Partition,
  type QuantizeOptions,
  type RequantizationMode,
  type Sample,
  type SampleSource,
  Target,
} from '../types.js';
import { VERSION } from '../version.js';
import type { Artifact } from '../wire/protocol.js';
import { type CalibratedNet, NetCalibration } from './calibration.js';
import { checkChoice } from './choices.js';
import { externalFiles } from './external-files.js';
import { type ImprovableNet, searchPrecisions } from './feedback.js';
import { scoreOn } from './feedback-score.js';
import { type CoreGraph, FileModel, opened } from './file-model.js';
import { modelMadeBy } from './model.js';
import { defaultQuantization, type QuantizationParams } from './params.js';
import { leastBusyWorker, newId, takeWorkers, workerCount } from './pool.js';
import { ResolvedParams } from './resolved-params.js';

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
    checkChoice('requantization', requantization, SETTINGS.choices.requantization);
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

  async toTFLite(): Promise<Uint8Array> {
    const { artifact } = this;
    return leastBusyWorker().callWith(artifact, (api) => api.netToTFLite(artifact.id));
  }

  async calibrate(
    samples: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: CallOptions = {},
  ): Promise<Calibration> {
    const calibration = NetCalibration.of(this, samples);
    await calibration.gather(params, options);
    return calibration;
  }

  async quantize(
    samples: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: QuantizeOptions = {},
  ): Promise<Model> {
    const calibration = NetCalibration.of(this, samples);
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
    const calibration = NetCalibration.of(this, samples);
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
    const calibration = NetCalibration.of(this, samples);
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
    const calibration = NetCalibration.of(this, calibrationSamples);
    try {
      const score = await scoreOn(this, evaluation, options);
      return await searchPrecisions(this, calibration, params ?? this.defaultQuantization, score, options);
    } finally {
      calibration.dispose();
    }
  }

  async partitionWith(params: QuantizationParams): Promise<Partition> {
    const { artifact } = this;
    const { json } = await this.resolve(params);
    return JSON.parse(
      await leastBusyWorker().callWith(artifact, (api) => api.partitionWith(artifact.id, json)),
    );
  }

  async resolve(params: QuantizationParams): Promise<ResolvedParams> {
    const { artifact } = this;
    const settings = JSON.stringify(params);
    return new ResolvedParams(
      await leastBusyWorker().callWith(artifact, (api) => api.resolve(artifact.id, settings)),
    );
  }
}

/** Loads a model, .tflite, float or already quantized, from its bytes, path (Node) or URL. */
export async function loadModel(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
  options: LoadOptions = {},
): Promise<LoadedNetInterface> {
  const {
    target = 'gen1',
    anyShapeOnMla = false,
    inputShapes = {},
    outputs = [],
    workers = 1,
    signal,
  } = options;
  checkChoice('target', target, Object.values(Target));
  throwIfAborted(signal);
  // They start while the file is read.
  const ready = takeWorkers(workerCount(workers === 'default' ? undefined : workers, undefined));
  const bytes = await abortable(readSource(source), signal);
  const externalData = await abortable(externalFiles(source, bytes, options.externalData ?? []), signal);
  const artifact: Artifact = {
    id: newId(),
    kind: 'net',
    bytes,
    options: JSON.stringify({ target, anyShapeOnMla, inputShapes, outputs }),
    externalData,
  };
  const loading = opened(
    artifact,
    (description) => new FileNet(artifact, JSON.parse(description) as CoreNetInfo, target),
    signal,
  );
  for (const worker of ready) worker.open(artifact);
  return loading;
}
