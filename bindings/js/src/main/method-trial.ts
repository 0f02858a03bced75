// Which accuracy methods help a net: each is tried on some samples with and without, and judged on others that it has not
// seen, since what a method learns from samples it may owe to them alone.

import { evaluated, type LabelledItems, unlabelledItems } from '../data/labels/labelled-items.js';
import { forEachInOrder, type RepeatableSamples, workersFor } from '../data/samples.js';
import type { Statistic } from '../statistics/types.js';
import type { AccuracyMethod, CallOptions, MethodFinding, Runnable } from '../types.js';
import type { CalibratedNet, NetCalibration } from './calibration.js';
import { OutputNoise } from './output-noise.js';
import type { QuantizationParams } from './params.js';

/** Samples that methods are judged on, and that they are tried with; more would make no other verdicts. */
const MOST_JUDGING = 12;
const MOST_TRIED = 24;
/** Below this no verdict is possible: methods are left out. */
const FEWEST_JUDGING = 2;
/** Standard errors, of a difference in dB, beyond which it is no chance: one of some hundred parts may exceed three. */
const BEYOND_CHANCE = 3;
/** A difference in dB that nobody minds. */
const NOT_WORTH_MENTIONING = 0.1;

/** How to take a method out of settings, and whether it is in them. */
interface Toggle {
  readonly method: AccuracyMethod;
  readonly isOn: (params: QuantizationParams) => boolean;
  readonly without: (params: QuantizationParams) => QuantizationParams;
}

/** The first ones are dropped first where nothing else tells: they change most. */
const TOGGLES: readonly Toggle[] = [
  {
    method: 'smoothQuant',
    isOn: (params) => params.smoothQuant.enabled,
    without: (params) => params.withSmoothQuant(false),
  },
  {
    method: 'channelEqualization',
    isOn: (params) => params.channelEqualization,
    without: (params) => params.withChannelEqualization(false),
  },
  {
    method: 'adaptiveRounding',
    isOn: (params) => params.adaptiveRounding,
    without: (params) => params.withAdaptiveRounding(false),
  },
  {
    method: 'biasCorrection',
    isOn: (params) => params.biasCorrection !== 'none',
    without: (params) => params.withBiasCorrection('none'),
  },
];

/** What a trial needs. */
export interface Trial {
  readonly net: CalibratedNet;
  readonly samples: RepeatableSamples;
  /** Calibrations of its own for the samples that methods are tried with. */
  readonly calibrationOf: (samples: RepeatableSamples) => NetCalibration;
}

/** The settings with the methods that help alone, none of them to be judged again, and what was found of each. */
export interface Verdict {
  readonly params: QuantizationParams;
  /** Absent where the settings ask for no judgement. */
  readonly methods: readonly MethodFinding[] | undefined;
}

/**
 * Drops methods one by one, the most harmful first: those that leave some part of an output noisier by more than chance,
 * and those that help on the whole nowhere. With too few samples to judge by, all are left out.
 */
export async function methodsThatHelp(
  trial: Trial,
  params: QuantizationParams,
  options: CallOptions,
): Promise<Verdict> {
  const plain = params.withJudgedMethods(false);
  const asked = TOGGLES.filter(({ isOn }) => isOn(plain));
  if (asked.length === 0) return { params: plain, methods: [] };
  const chosen = await division(trial, options);
  if (chosen.judging.length < FEWEST_JUDGING) {
    return {
      params: asked.reduce((left, { without }) => without(left), plain),
      methods: asked.map(({ method }) => ({ method, kept: false, samples: 0 })),
    };
  }
  const judge = new Judge(trial, chosen, asked.length + 1, options);
  try {
    return await eliminate(judge, plain, asked);
  } finally {
    judge.dispose();
  }
}

async function eliminate(
  judge: Judge,
  params: QuantizationParams,
  asked: readonly Toggle[],
): Promise<Verdict> {
  const findings = new Map<AccuracyMethod, MethodFinding>();
  let left = params;
  for (let kept = asked; kept.length > 0; ) {
    const noise = await judge.noiseOf(left);
    // Those that scale channels come last: what the others leave has the same statistics, which are gathered once.
    for (const toggle of [...kept].reverse()) await judge.noiseOf(toggle.without(left));
    const effects: { readonly toggle: Toggle; readonly effect: Effect }[] = [];
    for (const toggle of kept)
      effects.push({ toggle, effect: effectOf(noise, await judge.noiseOf(toggle.without(left))) });
    for (const { toggle, effect } of effects)
      findings.set(toggle.method, findingOf(toggle.method, effect, judge.samples));
    const worst = effects
      .filter(({ effect }) => effect.isHarm)
      .sort((a, b) => a.effect.rank - b.effect.rank)[0];
    if (worst === undefined) break;
    left = worst.toggle.without(left);
    kept = kept.filter((toggle) => toggle !== worst.toggle);
  }
  return { params: left, methods: asked.flatMap(({ method }) => findings.get(method) ?? []) };
}

/** What a method does, in dB less noise with it than without. */
interface Effect {
  /** As a mean over the parts of outputs. */
  readonly gain: number;
  /** The part that gains least. */
  readonly least: { readonly output: string; readonly gain: number };
  readonly isHarm: boolean;
  /** The smaller, the worse. */
  readonly rank: number;
}

function effectOf(withMethod: OutputNoise, without: OutputNoise): Effect {
  const changes = withMethod.changesFrom(without);
  const gain = changes.reduce((sum, { decibels }) => sum - decibels, 0) / Math.max(1, changes.length);
  const sorted = [...changes].sort((a, b) => b.decibels - a.decibels);
  const least = { output: sorted[0]?.output ?? '', gain: -(sorted[0]?.decibels ?? 0) };
  const harms = changes.filter(
    ({ decibels, error }) => decibels > NOT_WORTH_MENTIONING && decibels > BEYOND_CHANCE * error,
  );
  const harm = harms.reduce((most, { decibels }) => Math.max(most, decibels), 0);
  return { gain, least, isHarm: harms.length > 0 || gain <= 0, rank: Math.min(gain, -harm) };
}

function findingOf(method: AccuracyMethod, effect: Effect, samples: number): MethodFinding {
  const { gain, least, isHarm } = effect;
  return { method, kept: !isHarm, samples, gain, leastGain: least };
}

/** Quantizes with some samples and measures with others; the same settings once. */
class Judge {
  readonly #trial: Trial;
  readonly #calibration: NetCalibration;
  readonly #judging: LabelledItems;
  readonly #options: CallOptions;
  readonly #report: () => void;
  readonly #measured = new Map<string, OutputNoise>();
  #float: readonly (readonly Float32Array[])[] | undefined;
  /** Steps of progress: samples that were told apart, then those that methods were tried with. */
  #done: number;
  #total: number;
  readonly #step: number;
  readonly samples: number;

  /** `trials`: how many there will be at least. */
  constructor(trial: Trial, { tried, judging, all }: Division, trials: number, options: CallOptions) {
    const { onProgress, ...quiet } = options;
    this.#trial = trial;
    this.#calibration = trial.calibrationOf(some(trial.samples, tried));
    this.#judging = unlabelledItems(some(trial.samples, judging));
    this.samples = judging.length;
    this.#step = tried.length;
    this.#done = all;
    this.#total = all + trials * this.#step;
    this.#options = quiet;
    this.#report = () => onProgress?.({ phase: 'judge', done: this.#done, total: this.#total });
  }

  async noiseOf(params: QuantizationParams): Promise<OutputNoise> {
    const key = JSON.stringify(params);
    const known = this.#measured.get(key);
    if (known !== undefined) return known;
    this.#total = Math.max(this.#total, this.#done + this.#step);
    this.#report();
    this.#float ??= await this.#outputsOf(this.#trial.net);
    const model = await this.#calibration.quantize(params, this.#options);
    try {
      const noise = new OutputNoise(this.#trial.net.outputs, this.#float, await this.#outputsOf(model));
      this.#measured.set(key, noise);
      this.#done += this.#step;
      this.#report();
      return noise;
    } finally {
      model.dispose();
    }
  }

  dispose(): void {
    this.#calibration.dispose();
  }

  /** By sample, the values of the float outputs in the net's order. */
  async #outputsOf(model: Runnable): Promise<readonly (readonly Float32Array[])[]> {
    const { outputs } = this.#trial.net;
    const rows: Float32Array[][] = [];
    const keep: Statistic<unknown, void> = {
      add(values) {
        rows.push(
          outputs.map(({ name }) => {
            const data = values[name]?.data;
            return data instanceof Float32Array ? data : new Float32Array();
          }),
        );
      },
      result: () => undefined,
    };
    await evaluated(model, this.#judging, keep, this.#options);
    return rows;
  }
}

/** Which samples are for what, by their places in a pass. */
interface Division {
  readonly tried: readonly number[];
  readonly judging: readonly number[];
  /** How many samples there are. */
  readonly all: number;
}

/** By what samples hold, so that their order changes nothing: those with the smallest digests are judged on. */
async function division({ net, samples }: Trial, options: CallOptions): Promise<Division> {
  const { artifact } = net;
  const places = new Map<string, number>();
  let place = 0;
  await forEachInOrder(
    workersFor(options, samples.total),
    {
      phase: 'judge',
      items: samples.items(true),
      total: samples.total,
      work: (worker, sample): Promise<string> =>
        worker.callWith(artifact, (api) => api.digest(artifact.id, sample)),
      // A sample that is there twice would be judged by itself.
      collect: (digest) => {
        if (!places.has(digest)) places.set(digest, place);
        place += 1;
      },
    },
    options,
  );
  const order = [...places].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => at);
  const judging = Math.min(MOST_JUDGING, Math.floor(order.length / 3));
  return {
    judging: order.slice(0, judging),
    tried: order.slice(judging, judging + MOST_TRIED),
    all: place,
  };
}

/** The samples at some places. */
function some(samples: RepeatableSamples, places: readonly number[]): RepeatableSamples {
  const wanted = new Set(places);
  return {
    total: wanted.size,
    async *items(again) {
      let place = 0;
      let given = 0;
      for await (const sample of samples.items(again)) {
        if (wanted.has(place)) {
          yield sample;
          given += 1;
          if (given === wanted.size) return;
        }
        place += 1;
      }
    },
  };
}
