// What rounding makes of a model's outputs, one thing after the other, and which nodes had best be INT16.

import type { Remote } from 'comlink';
import { abortable, Folding, forEachInOrder, type RepeatableSamples, workersFor } from '../data/samples.js';
import type {
  RankOptions,
  Sensitivity,
  SensitivityMetric,
  SensitivityOptions,
} from '../sensitivity-types.js';
import type { CallOptions, Model, TensorInfo } from '../types.js';
import type { CoreSensitivity, Int16Limit, Int16Nodes, Int16Step } from '../wire/core-results.js';
import { OctetError } from '../wire/errors.js';
import type { ArtifactHolder, EncodedSample } from '../wire/protocol.js';
import type { WorkerApi } from '../wire/worker-api.js';
import { checkChoice } from './choices.js';
import { freeEverywhere, newId, type PoolWorker } from './pool.js';

/** As many as order nodes nearly as many times more do, each of which costs dozens of forward passes. */
const FEWEST_SAMPLES = 4;
/** Of outputs that are few numbers, more samples: together at least this many numbers. */
const FEWEST_NUMBERS = 256;
const MOST_SAMPLES = 32;
/** An estimate takes more samples, each of which costs it a few passes. */
const ESTIMATED_SAMPLES = 16;
/** Of a model with more outputs, each is looked at in some of the samples. */
const PROBED_OUTPUTS = 1;

/** What noise is measured at. */
type NoisyModel = Pick<Model, 'outputs'> & ArtifactHolder;

/** What rounding each thing of a model by itself makes of its outputs, worst first. */
export async function rankSensitivity(
  model: NoisyModel,
  samples: RepeatableSamples,
  metric: SensitivityMetric,
  options: RankOptions,
): Promise<readonly Sensitivity[]> {
  checkMetric(metric);
  const rows = await withNoise(model, samples, true, options, (noise) =>
    noise.ask((api, id) => api.sensitivities(id)),
  );
  return rows
    .map(withMeans)
    .sort(metric === 'sqnr' ? (a, b) => ascending(a.sqnr, b.sqnr) : (a, b) => b.mse - a.mse);
}

const METRICS: readonly SensitivityMetric[] = ['sqnr', 'mse'];

export function checkMetric(metric: SensitivityMetric): void {
  checkChoice('The metric', metric, METRICS);
}

/** The nodes of a model whose INT16 takes most noise off its outputs. */
export function chooseInt16Nodes(
  model: NoisyModel,
  samples: RepeatableSamples,
  share: number,
  options: SensitivityOptions,
): Promise<Int16Nodes> {
  return withNoise(model, samples, false, options, (noise) =>
    noise.search({ kind: 'share', share }, (api, id) => api.int16Nodes(id)),
  );
}

/** For each share of the multiply-accumulates, the nodes whose INT16 takes most noise off the outputs; for 1, all that may be. */
export function int16Curve(
  model: NoisyModel,
  samples: RepeatableSamples,
  shares: readonly number[],
  options: SensitivityOptions,
): Promise<readonly Int16Nodes[]> {
  return withNoise(model, samples, false, options, async (noise) => {
    const points: Int16Nodes[] = [];
    for (const share of shares) {
      const limit: Int16Limit = share >= 1 ? { kind: 'all' } : { kind: 'share', share };
      points.push(await noise.search(limit, (api, id) => api.int16Nodes(id)));
    }
    return points;
  });
}

/** In which order nodes had best rise to INT16, and what each rounding by itself makes of the outputs. */
export function int16StepsAndRoundings(
  model: NoisyModel,
  samples: RepeatableSamples,
  most: number,
  options: SensitivityOptions,
): Promise<{ readonly steps: readonly Int16Step[]; readonly roundings: readonly Sensitivity[] }> {
  return withNoise(model, samples, true, options, async (noise) => ({
    steps: await noise.search({ kind: 'steps', most }, (api, id) => api.int16Steps(id)),
    roundings: (await noise.ask((api, id) => api.sensitivities(id))).map(withMeans),
  }));
}

/** The noise at each output, in the model's order: squared differences to the float model, summed over the samples. */
export async function outputNoise(
  model: NoisyModel,
  samples: RepeatableSamples,
  options: CallOptions,
): Promise<readonly number[]> {
  const workers = workersFor(options, samples.total);
  const id = newId();
  try {
    await begin(model, workers, id, false, options.signal);
    return sumOf(await totalNoises(samples, workers, id, options));
  } finally {
    freeEverywhere(id);
  }
}

async function begin(
  { artifact }: NoisyModel,
  workers: readonly PoolWorker[],
  id: string,
  eachWeights: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const began = workers.map((worker) =>
    worker.callWith(artifact, (api) => api.beginSensitivity(artifact.id, id, eachWeights)),
  );
  await abortable(Promise.all(began), signal);
}

/** The noise that was measured, in the worker that knows about all samples. */
class MeasuredNoise {
  readonly #worker: PoolWorker;
  readonly #id: string;
  readonly #signal: AbortSignal | undefined;

  constructor(worker: PoolWorker, id: string, signal: AbortSignal | undefined) {
    this.#worker = worker;
    this.#id = id;
    this.#signal = signal;
  }

  ask<T>(question: (api: Remote<WorkerApi>, id: string) => Promise<T>): Promise<T> {
    return abortable(
      this.#worker.call((api) => question(api, this.#id)),
      this.#signal,
    );
  }

  /** Searches for INT16 nodes call by call, since a search takes seconds; then asks for what was found. */
  async search<T>(
    limit: Int16Limit,
    question: (api: Remote<WorkerApi>, id: string) => Promise<T>,
  ): Promise<T> {
    await this.ask((api, id) => api.searchInt16(id, limit));
    while (await this.ask((api, id) => api.advanceSearch(id)));
    return this.ask(question);
  }
}

/** Shows the noisiest samples to a model's roundings, and hands on what is then known. */
async function withNoise<Result>(
  model: NoisyModel,
  samples: RepeatableSamples,
  eachWeights: boolean,
  options: RankOptions,
  use: (noise: MeasuredNoise) => Promise<Result>,
): Promise<Result> {
  const { estimate = false, signal } = options;
  const { samples: most = estimate ? ESTIMATED_SAMPLES : samplesFor(model.outputs) } = options;
  const outputs = model.outputs.length;
  const probed = Math.min(PROBED_OUTPUTS, outputs);
  if (!(Number.isInteger(most) && most >= 1)) {
    throw new OctetError({ code: 'INVALID_CONFIG', message: `samples is ${most}; it must be at least 1.` });
  }
  const workers = workersFor(options, samples.total);
  const [primary] = workers;
  if (primary === undefined) throw new Error('Measuring noise needs a worker.');
  const id = newId();
  try {
    await begin(model, workers, id, eachWeights, signal);
    const folding = new Folding(primary, id);
    const chosen = estimate
      ? await evenlySpaced(samples, most)
      : await noisiest(samples, most, workers, id, options);
    await forEachInOrder(
      workers,
      {
        phase: 'rank',
        items: picked(samples, chosen),
        total: chosen.size,
        work: (worker, sample, index) =>
          worker.call((api) =>
            estimate ? api.estimate(id, sample, (index * probed) % outputs, probed) : api.observe(id, sample),
          ),
        collect: (sums) => folding.add(sums),
      },
      options,
    );
    await abortable(folding.end(), signal);
    return await use(new MeasuredNoise(primary, id, signal));
  } finally {
    freeEverywhere(id);
  }
}

function samplesFor(outputs: readonly TensorInfo[]): number {
  const numbers = outputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return Math.min(MOST_SAMPLES, Math.max(FEWEST_SAMPLES, Math.ceil(FEWEST_NUMBERS / numbers)));
}

/** The places of at most `most` samples, those with most noise; each output's noise counts alike. */
async function noisiest(
  samples: RepeatableSamples,
  most: number,
  workers: readonly PoolWorker[],
  id: string,
  options: CallOptions,
): Promise<ReadonlySet<number>> {
  const noises = await totalNoises(samples, workers, id, options);
  const sums = sumOf(noises);
  const partOf = (noise: readonly number[]) =>
    noise.reduce((part, value, output) => part + (value > 0 ? value / (sums[output] ?? value) : 0), 0);
  const order = noises
    .map((noise, index) => ({ index, part: partOf(noise) }))
    .sort((a, b) => b.part - a.part);
  return new Set(order.slice(0, most).map(({ index }) => index));
}

/** The noise of each sample, by output. */
async function totalNoises(
  samples: RepeatableSamples,
  workers: readonly PoolWorker[],
  id: string,
  options: CallOptions,
): Promise<readonly (readonly number[])[]> {
  const noises: (readonly number[])[] = [];
  const count = await forEachInOrder(
    workers,
    {
      phase: 'analyze',
      items: samples.items(true),
      total: samples.total,
      work: (worker, sample) => worker.call((api) => api.totalNoise(id, sample)),
      collect: (noise) => {
        noises.push(noise);
      },
    },
    options,
  );
  if (count === 0) {
    throw noSample();
  }
  return noises;
}

function sumOf(noises: readonly (readonly number[])[]): readonly number[] {
  return noises.reduce((sum, noise) => sum.map((value, output) => value + (noise[output] ?? 0)));
}

/** The places of at most `most` samples at equal distances: an estimate has no time to look at all. */
async function evenlySpaced(samples: RepeatableSamples, most: number): Promise<ReadonlySet<number>> {
  let count = samples.total;
  if (count === undefined) {
    count = 0;
    for await (const _ of samples.items(true)) count += 1;
  }
  if (count === 0) throw noSample();
  const picks = Math.min(most, count);
  return new Set(Array.from({ length: picks }, (_, pick) => Math.floor((pick * count) / picks)));
}

async function* picked(
  samples: RepeatableSamples,
  places: ReadonlySet<number>,
): AsyncGenerator<EncodedSample> {
  let index = 0;
  for await (const sample of samples.items(false)) {
    if (places.has(index)) yield sample;
    index += 1;
  }
}

function withMeans(row: CoreSensitivity): Sensitivity {
  const outputs = Object.values(row.outputs);
  const mean = (figureOf: (figures: { sqnr: number; mse: number }) => number): number =>
    outputs.reduce((sum, figures) => sum + figureOf(figures), 0) / Math.max(1, outputs.length);
  const noise = mean(({ sqnr }) => 10 ** (-sqnr / 10));
  return { ...row, sqnr: -10 * Math.log10(noise), mse: mean(({ mse }) => mse) };
}

/** Not a subtraction: what makes no noise at all has an infinite SQNR. */
function ascending(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function noSample(): OctetError {
  return new OctetError({ code: 'INVALID_INPUT', message: 'There was no sample to measure noise with.' });
}
