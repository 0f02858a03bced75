// Calibration: what the samples do in a net, kept in the workers, from which it is quantized as often as wanted.

import { EncodedDataset } from '../data/dataset.js';
import {
  abortable,
  Folding,
  forEachInOrder,
  type RepeatableSamples,
  repeatableSamples,
  throwIfAborted,
  workersFor,
} from '../data/samples.js';
import type {
  MixedPrecision,
  MixedPrecisionCurveOptions,
  MixedPrecisionOptions,
  MixedPrecisionPoint,
  RankOptions,
  Sensitivity,
  SensitivityMetric,
} from '../sensitivity-types.js';
import type {
  Calibration as CalibrationInterface,
  CallOptions,
  MethodFinding,
  Model,
  Preprocessing,
  Progress,
  QuantizeOptions,
  Runnable,
  SampleSource,
} from '../types.js';
import { VERSION } from '../version.js';
import { OctetError } from '../wire/errors.js';
import { type Artifact, type ArtifactHolder, holdsArtifact } from '../wire/protocol.js';
import type { Improvements } from './feedback.js';
import { methodsThatHelp, type Verdict } from './method-trial.js';
import { modelMadeBy } from './model.js';
import type { QuantizationParams } from './params.js';
import { freeEverywhere, newId, type PoolWorker } from './pool.js';
import type { ConfigChange, ResolvedParams } from './resolved-params.js';
import {
  checkMetric,
  chooseInt16Nodes,
  int16Curve,
  int16StepsAndRoundings,
  outputNoise,
  rankSensitivity,
} from './sensitivity.js';

/** At which shares of the multiply-accumulates mixed precision is shown. */
const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** What a calibration needs of its net. */
export interface CalibratedNet extends Runnable {
  readonly artifact: Artifact;
  readonly defaultQuantization: QuantizationParams;
  /** The settings as the core understands them for this net. */
  resolve(params: QuantizationParams): Promise<ResolvedParams>;
}

/** Statistics in the workers: every one has those of the samples that it was dealt, the first one those of all. */
interface Statistics {
  readonly id: string;
  readonly workers: readonly PoolWorker[];
  readonly primary: PoolWorker;
}

/** A pass over the samples. */
interface Showing {
  readonly phase: Progress['phase'];
  /** Whether another pass may follow. */
  readonly again: boolean;
  /** Gets what the workers saw, in sample order. */
  readonly folding?: Folding;
}

/** Whose statistics are to be freed; they change when others are needed. */
interface Holder {
  statistics: Statistics | undefined;
}

// Frees the workers' memory of handles that were dropped without dispose().
const dropped = new FinalizationRegistry<Holder>(free);

export class NetCalibration implements CalibrationInterface {
  readonly #net: CalibratedNet;
  readonly #samples: RepeatableSamples;
  readonly #preprocessing: Preprocessing | undefined;
  readonly #held: Holder = { statistics: undefined };
  readonly #verdicts = new Map<string, Verdict>();
  #disposed = false;
  /** Calls wait for each other: one may gather what the next one uses. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(net: CalibratedNet, samples: RepeatableSamples, preprocessing?: Preprocessing) {
    this.#net = net;
    this.#samples = samples;
    this.#preprocessing = preprocessing;
    dropped.register(this, this.#held, this);
  }

  static of(net: CalibratedNet, samples: SampleSource): NetCalibration {
    const preprocessing = samples instanceof EncodedDataset ? samples.preprocessing : undefined;
    return new NetCalibration(net, repeatableSamples(samples), preprocessing);
  }

  serves(params: QuantizationParams): Promise<boolean> {
    return this.#inTurn(async () => this.#serves((await this.#net.resolve(params)).json));
  }

  /** Gathers statistics for the settings, unless those there are serve. */
  async gather(params: QuantizationParams, options: CallOptions): Promise<void> {
    await this.#inTurn(async () => {
      throwIfAborted(options.signal);
      const { json } = await abortable(this.#net.resolve(params), options.signal);
      return this.#statisticsFor(json, refines(params), options);
    });
  }

  quantize(
    params: QuantizationParams = this.#net.defaultQuantization,
    options: QuantizeOptions = {},
  ): Promise<Model> {
    if (!params.judgeMethods) return this.#model(params, refines(params), options);
    return this.helpful(params, options).then((verdict) => this.quantizeJudged(verdict, options));
  }

  /** Quantizes with the settings of helpful(); the report says what was found. */
  quantizeJudged({ params, methods }: Verdict, options: QuantizeOptions): Promise<Model> {
    return this.#model(params, refines(params), options, methods);
  }

  /** The settings with those methods alone that help the net, if they ask for it; found out once. */
  helpful(params: QuantizationParams, options: CallOptions): Promise<Verdict> {
    return params.judgeMethods
      ? this.#inTurn(() => this.#judge(params, options))
      : Promise.resolve({ params, methods: undefined });
  }

  async #judge(params: QuantizationParams, options: CallOptions): Promise<Verdict> {
    throwIfAborted(options.signal);
    const { json } = await abortable(this.#net.resolve(params), options.signal);
    const known = this.#verdicts.get(json);
    if (known !== undefined) return known;
    this.#throwIfDisposed();
    const trial = {
      net: this.#net,
      samples: this.#samples,
      calibrationOf: (samples: RepeatableSamples) => new NetCalibration(this.#net, samples),
    };
    const verdict = await methodsThatHelp(trial, params, options);
    this.#verdicts.set(json, verdict);
    return verdict;
  }

  /** The settings with activations alone rounded: what further passes do to the weights has no say in where they are. */
  async #draft(params: QuantizationParams, options: CallOptions): Promise<Model> {
    const { params: helpful } = await this.helpful(params, options);
    const settings = helpful.withBiasCorrection('none').withAdaptiveRounding(false);
    return this.#model(settings, true, options);
  }

  /** `again`: the samples are needed after calibration, too. */
  #model(
    params: QuantizationParams,
    again: boolean,
    options: QuantizeOptions,
    methods?: readonly MethodFinding[],
  ): Promise<Model> {
    return this.#inTurn(async () => {
      throwIfAborted(options.signal);
      const { json } = await abortable(this.#net.resolve(params), options.signal);
      const statistics = await this.#statisticsFor(json, again, options);
      return this.#quantize(statistics, json, options, methods);
    });
  }

  async rankSensitivity(
    params: QuantizationParams = this.#net.defaultQuantization,
    metric: SensitivityMetric = 'sqnr',
    options: RankOptions = {},
  ): Promise<readonly Sensitivity[]> {
    // Before all the work that its use comes after.
    checkMetric(metric);
    const model = await this.quantize(params, options);
    try {
      return await rankSensitivity(withFile(model), this.#samples, metric, options);
    } finally {
      model.dispose();
    }
  }

  async mixedPrecision(
    params: QuantizationParams = this.#net.defaultQuantization,
    options: MixedPrecisionOptions = {},
  ): Promise<MixedPrecision> {
    const { share: most = 0.1 } = options;
    if (!(most >= 0 && most <= 1)) {
      throw new OctetError({ code: 'INVALID_CONFIG', message: `share is ${most}; it must be from 0 to 1.` });
    }
    const draft = await this.#draft(params, options);
    try {
      const { nodes, share } = await chooseInt16Nodes(withFile(draft), this.#samples, most, options);
      return { params: withInt16(await this.#net.resolve(params), nodes), nodes, share };
    } finally {
      draft.dispose();
    }
  }

  async mixedPrecisionCurve(
    params: QuantizationParams = this.#net.defaultQuantization,
    options: MixedPrecisionCurveOptions = {},
  ): Promise<readonly MixedPrecisionPoint[]> {
    const { shares = SHARES, measure = false } = options;
    if (!shares.every((share) => share >= 0 && share <= 1)) {
      throw new OctetError({
        code: 'INVALID_CONFIG',
        message: `shares are ${shares.join(', ')}; each must be from 0 to 1.`,
      });
    }
    const draft = await this.#draft(params, options);
    try {
      const points = (await int16Curve(withFile(draft), this.#samples, shares, options)).map(
        (point, index) => ({ limit: shares[index] ?? 0, ...point }),
      );
      if (!measure) return points;
      const resolved = await this.#net.resolve(params);
      const noiseOf = async (nodes: readonly string[]): Promise<readonly number[]> => {
        const model = await this.#model(withInt16(resolved, nodes), true, options);
        return outputNoise(withFile(model), this.#samples, options).finally(() => model.dispose());
      };
      const plain = await noiseOf([]);
      const measured: MixedPrecisionPoint[] = [];
      for (const point of points)
        measured.push({ ...point, measured: gains(draft, plain, await noiseOf(point.nodes)) });
      return measured;
    } finally {
      draft.dispose();
    }
  }

  /** What had best be done about the noise that these settings make: at most `most` steps to INT16. */
  async improvements(params: QuantizationParams, most: number, options: CallOptions): Promise<Improvements> {
    const draft = await this.#draft(params, options);
    try {
      return await int16StepsAndRoundings(withFile(draft), this.#samples, most, options);
    } finally {
      draft.dispose();
    }
  }

  dispose(): void {
    this.#disposed = true;
    dropped.unregister(this);
    free(this.#held);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const run = before.then(action);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #serves(settings: string): Promise<boolean> {
    this.#throwIfDisposed();
    const { statistics } = this.#held;
    if (statistics === undefined) return false;
    const { primary, id, workers } = statistics;
    // A worker that died took its part along.
    if (!workers.every(({ alive }) => alive)) return false;
    return primary.call((api) => api.serves(id, settings));
  }

  #throwIfDisposed(): void {
    if (this.#disposed)
      throw new OctetError({ code: 'INVALID_INPUT', message: 'The calibration was disposed of.' });
  }

  async #statisticsFor(settings: string, again: boolean, options: CallOptions): Promise<Statistics> {
    throwIfAborted(options.signal);
    const served = await this.#serves(settings);
    if (served && this.#held.statistics !== undefined) return this.#held.statistics;
    free(this.#held);
    const statistics = await this.#gather(settings, again, options);
    this.#held.statistics = statistics;
    return statistics;
  }

  /**
   * Every worker calibrates with the samples that it is dealt. The primary one alone folds what depends on the order of
   * samples, and in the end takes over the others' histograms.
   */
  async #gather(settings: string, again: boolean, options: CallOptions): Promise<Statistics> {
    const { artifact } = this.#net;
    const { total } = this.#samples;
    if (total === 0) throw noSamples();
    const workers = workersFor(options, total);
    const [primary, ...others] = workers;
    if (primary === undefined) throw new Error('Calibration needs a worker.');
    const id = newId();
    try {
      const channels = await this.#channels(workers, primary, settings, options);
      await abortable(
        Promise.all(
          workers.map((worker) =>
            worker.callWith(artifact, (api) => api.calibrate(artifact.id, id, settings, channels)),
          ),
        ),
        options.signal,
      );
      await this.#show(
        workers,
        id,
        { phase: 'calibrate', again, folding: new Folding(primary, id) },
        options,
      );
      await mergeInto(primary, others, id, options.signal);
      this.#throwIfDisposed();
      return { id, workers, primary };
    } catch (error) {
      freeEverywhere(id);
      throw error;
    }
  }

  /** What settings that scale channels look at before; a pass of its own over the samples, where there are such. */
  async #channels(
    workers: readonly PoolWorker[],
    primary: PoolWorker,
    settings: string,
    options: CallOptions,
  ): Promise<Uint8Array> {
    const { artifact } = this.#net;
    const id = newId();
    try {
      const begun = await abortable(
        Promise.all(
          workers.map((worker) =>
            worker.callWith(artifact, (api) => api.beginChannels(artifact.id, id, settings)),
          ),
        ),
        options.signal,
      );
      if (!begun.includes(true)) return new Uint8Array();
      await this.#show(
        workers,
        id,
        { phase: 'smooth', again: true, folding: new Folding(primary, id) },
        options,
      );
      return await abortable(
        primary.call((api) => api.state(id)),
        options.signal,
      );
    } finally {
      freeEverywhere(id);
    }
  }

  /** Shows every sample to some worker. */
  async #show(
    workers: readonly PoolWorker[],
    id: string,
    { phase, again, folding }: Showing,
    options: CallOptions,
  ): Promise<void> {
    const shown = await forEachInOrder(
      workers,
      {
        phase,
        items: this.#samples.items(again),
        total: this.#samples.total,
        work: (worker, sample) => {
          this.#throwIfDisposed();
          return worker.call((api) => api.observe(id, sample));
        },
        collect: (seen) => folding?.add(seen),
      },
      options,
    );
    await abortable(folding?.end() ?? Promise.resolve(), options.signal);
    if (shown === 0) throw noSamples();
  }

  async #quantize(
    { id: calibrationId, workers, primary }: Statistics,
    settings: string,
    options: QuantizeOptions,
    methods: readonly MethodFinding[] | undefined,
  ): Promise<Model> {
    const { onProgress, signal, modelName } = options;
    const id = newId();
    try {
      await Promise.all(
        workers.map((worker) => worker.call((api) => api.beginQuantization(calibrationId, id, settings))),
      );
      await this.#refine(workers, id, options);
      onProgress?.({ phase: 'quantize', done: 0, total: 1 });
      const description = JSON.stringify({
        modelName,
        preprocessing: this.#preprocessing,
        methods,
        octetVersion: VERSION,
        sourceBytes: this.#net.artifact.bytes.length,
      });
      const model = await modelMadeBy(
        primary,
        (api, modelId) => api.finish(id, modelId, description),
        signal,
      );
      onProgress?.({ phase: 'quantize', done: 1, total: 1 });
      return model;
    } finally {
      freeEverywhere(id);
    }
  }

  /** Quantizes in the first worker, with as many further passes over the samples as the settings ask for. */
  async #refine(workers: readonly PoolWorker[], id: string, options: QuantizeOptions): Promise<void> {
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
      await this.#show(workers, id, { phase: 'refine', again: true }, options);
      await mergeInto(primary, others, id, signal);
    }
  }
}

/** Whether quantizing looks at the samples again once their statistics are there. */
function refines({ biasCorrection, adaptiveRounding }: QuantizationParams): boolean {
  return biasCorrection !== 'none' || adaptiveRounding;
}

/** The settings with INT16 for the nodes, which keep what else they have of their own, by name or by pattern. */
function withInt16(params: ResolvedParams, nodes: readonly string[]): QuantizationParams {
  const toInt16: ConfigChange = (own) => ({ ...own, quantizationPrecision: 'INT16' });
  return params.withConfigs(nodes.map((node) => [node, toInt16] as const));
}

/** By output with noise, by how many dB it fell. */
function gains(
  { outputs }: Model,
  before: readonly number[],
  after: readonly number[],
): Readonly<Record<string, number>> {
  const entries = outputs.map(({ name }, output) => {
    const gain = 10 * Math.log10((before[output] ?? 0) / (after[output] ?? 0));
    return [name, gain] as const;
  });
  return Object.fromEntries(entries.filter(([, gain]) => !Number.isNaN(gain)));
}

export function withFile(model: Model): Model & ArtifactHolder {
  if (!holdsArtifact(model)) throw new Error('A model holds its file.');
  return model;
}

function free(held: Holder): void {
  if (held.statistics !== undefined) freeEverywhere(held.statistics.id);
  held.statistics = undefined;
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
      other.call((api) => api.state(id)),
      signal,
    );
    await primary.call((api) => api.merge(id, state));
  }
}

function noSamples(): OctetError {
  return new OctetError({
    code: 'EMPTY_CALIBRATION',
    message: 'There was no calibration sample.',
    hint: 'Ranges are measured: give some dozen to some hundred typical samples.',
  });
}
