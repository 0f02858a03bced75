// Model: a quantized model. It is the bytes of its .octet file; workers open them.

import type { Remote } from 'comlink';
import {
  abortable,
  encodedSamples,
  Folding,
  forEachInOrder,
  repeatableSamples,
  workersFor,
} from '../data/samples.js';
import type { QuantizationReport } from '../report/types.js';
import type { RankOptions, Sensitivity, SensitivityMetric } from '../sensitivity-types.js';
import type {
  AnalyzeOptions,
  ErrorMetric,
  Model as ModelInterface,
  NodeError,
  Partition,
  Preprocessing,
  QuantizationSettings,
  Runnable,
  SampleSource,
  Target,
  TFLiteOptions,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import type { Artifact, EncodedSample, FinishedModel } from '../wire/protocol.js';
import type { WorkerApi } from '../wire/worker-api.js';
import { checkChoice } from './choices.js';
import { type CoreGraph, FileModel, opened } from './file-model.js';
import { outputErrors } from './output-errors.js';
import { QuantizationParams } from './params.js';
import { freeEverywhere, leastBusyWorker, newId, type PoolWorker } from './pool.js';
import { rankSensitivity } from './sensitivity.js';

/** What the core says about a .octet file. */
interface CoreModelInfo {
  readonly graph: CoreGraph;
  readonly partition: Partition;
  readonly target: Target;
  /** null where the file has none, as below. */
  readonly settings: QuantizationSettings | null;
  readonly preprocessing: Preprocessing | null;
  readonly report: QuantizationReport | null;
}

type CompleteInfo = CoreModelInfo & {
  readonly settings: QuantizationSettings;
  readonly report: QuantizationReport;
};

const ERROR_METRICS: readonly ErrorMetric[] = ['sqnr', 'mse', 'mae', 'cosine'];
const IO_TYPES: readonly NonNullable<TFLiteOptions['ioType']>[] = ['float32', 'int8', 'int16'];

class QuantizedModel extends FileModel implements ModelInterface {
  readonly target: Target;
  readonly params: QuantizationParams;
  readonly preprocessing?: Preprocessing;
  readonly #report: QuantizationReport;
  #float: Promise<FloatModel> | undefined;

  constructor(artifact: Artifact, info: CompleteInfo) {
    super(artifact, info.graph, info.partition);
    this.target = info.target;
    this.params = QuantizationParams.fromJSON(info.settings);
    if (info.preprocessing !== null) this.preprocessing = info.preprocessing;
    this.#report = info.report;
  }

  floatModel(): Promise<Runnable> {
    const { artifact } = this;
    if (this.#float === undefined) {
      const loading = FloatModel.of(artifact, this.partition);
      this.#float = loading;
      // The next call tries again.
      loading.catch(() => {
        this.#float = undefined;
      });
    }
    return this.#float;
  }

  override dispose(): void {
    super.dispose();
    void this.#float?.then(
      (handle) => handle.dispose(),
      () => undefined,
    );
  }

  async analyzeQuantizationError(
    source: SampleSource,
    metric: ErrorMetric = 'sqnr',
    options: AnalyzeOptions = {},
  ): Promise<readonly NodeError[]> {
    const { artifact } = this;
    checkChoice('The metric', metric, ERROR_METRICS);
    const { items, total } = encodedSamples(source);
    const workers = workersFor(options, total);
    const [primary] = workers;
    if (primary === undefined) throw new Error('An analysis needs a worker.');
    const id = newId();
    try {
      await Promise.all(
        workers.map((worker) => worker.callWith(artifact, (api) => api.analyze(artifact.id, id))),
      );
      const folding = new Folding(primary, id);
      const count = await forEachInOrder(
        workers,
        {
          phase: 'analyze',
          items,
          total,
          work: (worker, sample) => worker.call((api) => api.observe(id, sample)),
          collect: (sums) => folding.add(sums),
        },
        options,
      );
      await abortable(folding.end(), options.signal);
      if (count === 0)
        throw new OctetError({ code: 'INVALID_INPUT', message: 'There was no sample to analyze with.' });
      const errors = await primary.call((api) => api.nodeErrors(id, options.perChannel ?? false));
      return errors.sort(worstFirst(metric, options.localFeed ?? false));
    } finally {
      freeEverywhere(id);
    }
  }

  protected override async outputWarnings(
    samples: readonly EncodedSample[],
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const { artifact } = this;
    const worker = leastBusyWorker();
    const id = newId();
    try {
      if (!(await worker.callWith(artifact, (api) => api.beginOutputs(artifact.id, id)))) return [];
      const folding = new Folding(worker, id);
      for (const sample of samples)
        await folding.add(
          await abortable(
            worker.call((api) => api.observe(id, sample)),
            signal,
          ),
        );
      await folding.end();
      const errors = await worker.call((api) => api.nodeErrors(id, false));
      return outputErrors(errors).flatMap(({ warnings }) => warnings);
    } finally {
      worker.free(id);
    }
  }

  async rankSensitivity(
    source: SampleSource,
    metric: SensitivityMetric = 'sqnr',
    options: RankOptions = {},
  ): Promise<readonly Sensitivity[]> {
    return rankSensitivity(this, repeatableSamples(source), metric, options);
  }

  save(): Uint8Array {
    return this.artifact.bytes.slice();
  }

  async toTFLite(options: TFLiteOptions = {}): Promise<Uint8Array> {
    const { artifact } = this;
    const { ioType = 'float32' } = options;
    checkChoice('ioType', ioType, IO_TYPES);
    return leastBusyWorker().callWith(artifact, (api) => api.toTFLite(artifact.id, ioType));
  }

  exportNotes(options: TFLiteOptions = {}): Promise<readonly string[]> {
    const { artifact } = this;
    const { ioType = '' } = options;
    return leastBusyWorker().callWith(artifact, (api) => api.exportNotes(artifact.id, ioType));
  }

  report(): QuantizationReport {
    return this.#report;
  }
}

/** The float model that a quantized one was made from. */
class FloatModel extends FileModel {
  static async of({ bytes }: Artifact, partition: Partition): Promise<FloatModel> {
    const artifact: Artifact = { id: newId(), kind: 'float', bytes };
    return opened(artifact, (description) => {
      const { graph }: { readonly graph: CoreGraph } = JSON.parse(description);
      return new FloatModel(artifact, graph, partition);
    });
  }
}

/** A model from the bytes of a .octet file, which the model keeps. */
export async function modelFromBytes(bytes: Uint8Array): Promise<ModelInterface> {
  const artifact: Artifact = { id: newId(), kind: 'model', bytes };
  return opened(artifact, (description) => modelFrom(artifact, description));
}

/** The model that a worker makes under the id that `make` is given. */
export async function modelMadeBy(
  worker: PoolWorker,
  make: (api: Remote<WorkerApi>, id: string) => Promise<FinishedModel>,
  signal: AbortSignal | undefined,
): Promise<ModelInterface> {
  const id = newId();
  try {
    const made = worker.make(id, (api) => make(api, id));
    const { bytes, info } = await abortable(made, signal);
    return modelFrom({ id, kind: 'model', bytes }, info);
  } catch (error) {
    freeEverywhere(id);
    throw error;
  }
}

function modelFrom(artifact: Artifact, description: string): ModelInterface {
  const info: CoreModelInfo = JSON.parse(description);
  if (!isComplete(info)) {
    throw new OctetError({
      code: 'INVALID_FILE',
      message: 'The .octet file lacks its report or settings.',
      hint: 'Save it again with this version of Octet.',
    });
  }
  return new QuantizedModel(artifact, info);
}

function isComplete(info: CoreModelInfo): info is CompleteInfo {
  return info.report !== null && info.settings !== null;
}

/** Better values of the metric come later. */
function worstFirst(metric: ErrorMetric, local: boolean): (a: NodeError, b: NodeError) => number {
  const higherIsBetter = metric === 'sqnr' || metric === 'cosine';
  const figureOf = (error: NodeError): number => (local ? error.local : error)[metric];
  return (one, other) => {
    const [a, b] = [figureOf(one), figureOf(other)];
    // Not a subtraction: two nodes without any error have the same infinite SQNR.
    if (a === b) return 0;
    return a < b === higherIsBetter ? -1 : 1;
  };
}
