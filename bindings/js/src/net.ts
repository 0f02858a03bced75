// LoadedNet: a model as its file has it, float or already quantized, and how it becomes a Model.

import { EncodedDataset } from './dataset.js';
import { OctetError } from './errors.js';
import { type CoreGraph, FileModel } from './file-model.js';
import { modelFromBytes } from './model.js';
import { defaultQuantization, type QuantizationParams } from './params.js';
import { freeEverywhere, leastBusyWorker, newId, type PoolWorker } from './pool.js';
import type { Artifact } from './protocol.js';
import {
  abortable,
  forEachInOrder,
  type RepeatableSamples,
  repeatableSamples,
  throwIfAborted,
  workersFor,
} from './samples.js';
import { readSource } from './source.js';
import type {
  ConvertOptions,
  LoadedNet as LoadedNetInterface,
  LoadOptions,
  Model,
  Partition,
  QuantizeOptions,
  RequantizationMode,
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

class FileNet extends FileModel implements LoadedNetInterface {
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
    const converted = leastBusyWorker().callWith(artifact, (api) => api.convert(artifact.id, description));
    return modelFromBytes(await abortable(converted, signal));
  }

  async quantize(
    source: SampleSource,
    params: QuantizationParams = this.defaultQuantization,
    options: QuantizeOptions = {},
  ): Promise<Model> {
    const { artifact } = this;
    const { signal, onProgress } = options;
    const unquantized = [...params.unquantizedNodes].map((name) => this.resolveNode(name));
    const custom = [...params.customQuantizationConfigs].map(
      ([name, config]) => [/[*?]/.test(name) ? name : this.resolveNode(name), config] as const,
    );
    const settings = JSON.stringify(
      params.withUnquantizedNodes(unquantized).withCustomQuantizationConfigs(new Map(custom)),
    );
    const samples = repeatableSamples(source);
    const { total } = samples;
    if (total === 0) throw noSamples();
    throwIfAborted(signal);
    const workers = workersFor(options, total);
    const [primary, ...others] = workers;
    if (primary === undefined) throw new Error('Calibration needs a worker.');

    // Every worker calibrates with the samples that it is dealt. The primary one alone folds what depends on the order
    // of samples, and in the end takes over the others' histograms.
    const id = newId();
    try {
      await abortable(
        Promise.all(
          workers.map((worker) =>
            worker.callWith(artifact, (api) => api.calibrate(artifact.id, id, settings)),
          ),
        ),
        signal,
      );
      const calibrated = await forEachInOrder(
        workers,
        {
          phase: 'calibrate',
          items: samples.items(),
          total,
          work: (worker, sample) => worker.call((api) => api.observe(id, sample)),
          collect: (extremes) => primary.call((api) => api.fold(id, extremes)),
        },
        options,
      );
      if (calibrated === 0) throw noSamples();
      await mergeInto(primary, others, id, signal);
      await refine(workers, id, samples, options);
      onProgress?.({ phase: 'quantize', done: 0, total: 1 });
      const description = JSON.stringify({
        modelName: options.modelName,
        preprocessing: source instanceof EncodedDataset ? source.preprocessing : undefined,
        octetVersion: VERSION,
        sourceBytes: artifact.bytes.length,
      });
      const bytes = await abortable(
        primary.call((api) => api.quantize(id, description)),
        signal,
      );
      // The calibration's memory is then there for the model.
      freeEverywhere(id);
      const model = await modelFromBytes(bytes);
      onProgress?.({ phase: 'quantize', done: 1, total: 1 });
      return model;
    } finally {
      freeEverywhere(id);
    }
  }
}

/** Adds to the first worker what the others saw. */
async function mergeInto(
  primary: PoolWorker,
  others: readonly PoolWorker[],
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const other of others) {
    const state = await abortable(
      other.call((api) => api.calibrationState(id)),
      signal,
    );
    await primary.call((api) => api.mergeCalibration(id, state));
  }
}

/** Quantizes in the first worker, with as many further passes over the samples as the settings ask for. */
async function refine(
  workers: readonly PoolWorker[],
  id: string,
  samples: RepeatableSamples,
  options: QuantizeOptions,
): Promise<void> {
  const { signal } = options;
  const [primary, ...others] = workers;
  if (primary === undefined) throw new Error('Quantizing needs a worker.');
  const nextDraft = () =>
    abortable(
      primary.call((api) => api.draft(id)),
      signal,
    );
  for (let draft = await nextDraft(); draft !== null; draft = await nextDraft()) {
    const measured = draft;
    await Promise.all(workers.map((worker) => worker.call((api) => api.beginPass(id, measured))));
    await forEachInOrder(
      workers,
      {
        phase: 'refine',
        items: samples.items(),
        total: samples.total,
        work: (worker, sample) => worker.call((api) => api.observe(id, sample)),
        collect: () => undefined,
      },
      options,
    );
    await mergeInto(primary, others, id, signal);
  }
}

function noSamples(): OctetError {
  return new OctetError({
    code: 'EMPTY_CALIBRATION',
    message: 'There was no calibration sample.',
    hint: 'Ranges are measured: give some dozen to some hundred typical samples.',
  });
}

/** Loads a model, .tflite, float or already quantized, from its bytes, path (Node) or URL. */
export async function loadModel(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
  options: LoadOptions = {},
): Promise<LoadedNetInterface> {
  const { target = 'gen1', inputShapes = {}, signal } = options;
  throwIfAborted(signal);
  const bytes = await abortable(readSource(source), signal);
  const artifact: Artifact = {
    id: newId(),
    kind: 'net',
    bytes,
    options: JSON.stringify({ target, inputShapes }),
  };
  const info: CoreNetInfo = JSON.parse(await abortable(leastBusyWorker().open(artifact), signal));
  return new FileNet(artifact, info, target);
}
