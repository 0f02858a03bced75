// Quantizing until an accuracy is reached: what makes most noise at the outputs for what mending it costs rises in
// precision first, and what did not help goes back.

import { throwIfAborted } from '../data/samples.js';
import type { AccuracyFeedback, AccuracyFeedbackOptions, AccuracyFeedbackStep } from '../feedback-types.js';
import type { Sensitivity } from '../sensitivity-types.js';
import type { CallOptions, LoadedNet, Model, NodeInfo, NodeQuantizationConfig, Partition } from '../types.js';
import type { Int16Step } from '../wire/core-results.js';
import { OctetError } from '../wire/errors.js';
import type { NetCalibration } from './calibration.js';
import { CalibrationMethod, type QuantizationParams } from './params.js';
import type { ResolvedParams } from './resolved-params.js';

/** What raising costs is counted in shares of the multiply-accumulates: INT16 and BF16 take twice the time on the MLA. */
const COST_OF_16_BITS = 1;
/** The application processor is much slower. */
const COST_OF_FLOAT = 8;
/** A segment more is a hand-over more. */
const COST_OF_SEGMENT = 0.01;
/** Nodes that multiply nothing cost a little, too. */
const COST_OF_NODE = 1e-5;

const INT16_RANGE = CalibrationMethod.fromStr('min_max');

/** What the core found about a draft. */
export interface Improvements {
  /** In which order nodes had best rise to INT16. */
  readonly steps: readonly Int16Step[];
  /** What each rounding by itself makes of the outputs. */
  readonly roundings: readonly Sensitivity[];
}

/** What the search needs of a net. */
export interface ImprovableNet {
  readonly target: LoadedNet['target'];
  readonly nodes: readonly NodeInfo[];
  /** The settings as the core understands them for this net. */
  resolve(params: QuantizationParams): Promise<ResolvedParams>;
  /** How the settings divide the net over the units. */
  partitionWith(params: QuantizationParams): Promise<Partition>;
}

/** A change of some nodes' precision. */
interface Change {
  readonly nodes: readonly string[];
  readonly change: AccuracyFeedbackStep['change'];
}

/** The accuracy of a model; higher is better. */
type Score = (model: Model) => Promise<number>;

type SearchOptions = CallOptions &
  Pick<AccuracyFeedbackOptions<never>, 'targetAccuracy' | 'maxOptimizationSteps' | 'modelName'>;

export async function searchPrecisions(
  net: ImprovableNet,
  calibration: NetCalibration,
  params: QuantizationParams,
  score: Score,
  options: SearchOptions,
): Promise<AccuracyFeedback> {
  const { targetAccuracy, maxOptimizationSteps: most = 16 } = options;
  if (!Number.isFinite(targetAccuracy)) {
    throw invalid(`targetAccuracy is ${targetAccuracy}; it must be a number.`);
  }
  if (!(Number.isInteger(most) && most >= 0)) {
    throw invalid(`maxOptimizationSteps is ${most}; it must be 0 or more.`);
  }
  // Once, and not again with every change.
  const { params: helpful, methods } = await calibration.helpful(params, options);
  const resolved = await net.resolve(helpful);
  const quantize = (changed: QuantizationParams): Promise<Model> =>
    calibration.quantizeJudged({ params: changed, methods }, options);
  const trials = new Trials(quantize, resolved, score, options);
  try {
    const initialAccuracy = await trials.accuracyOf([]);
    let changes: readonly Change[] = [];
    if (initialAccuracy < targetAccuracy && most > 0) {
      const candidates = await candidatesFor(net, calibration, resolved, options);
      changes = await climb(trials, candidates, targetAccuracy, most);
      changes = await withoutNeedless(trials, changes, targetAccuracy, most);
    }
    const steps = await costed(net, trials, changes);
    const accuracy = await trials.accuracyOf(changes);
    return {
      model: await trials.takeModel(changes),
      params: trials.paramsOf(changes),
      accuracy,
      initialAccuracy,
      steps,
      reached: accuracy >= targetAccuracy,
      evaluations: trials.evaluations,
    };
  } finally {
    trials.dispose();
  }
}

/** Quantizes and evaluates with changes, each set of them once. */
class Trials {
  readonly #quantize: (params: QuantizationParams) => Promise<Model>;
  readonly #params: ResolvedParams;
  readonly #score: Score;
  readonly #options: SearchOptions;
  readonly #accuracies = new Map<string, number>();
  /** The model that was made last. */
  #last: { readonly key: string; readonly model: Model } | undefined;

  constructor(
    quantize: (params: QuantizationParams) => Promise<Model>,
    params: ResolvedParams,
    score: Score,
    options: SearchOptions,
  ) {
    this.#quantize = quantize;
    this.#params = params;
    this.#score = score;
    this.#options = options;
  }

  get evaluations(): number {
    return this.#accuracies.size;
  }

  paramsOf(changes: readonly Change[]): QuantizationParams {
    return withChanges(this.#params, changes);
  }

  async accuracyOf(changes: readonly Change[]): Promise<number> {
    const key = this.#keyOf(changes);
    const known = this.#accuracies.get(key);
    if (known !== undefined) return known;
    throwIfAborted(this.#options.signal);
    const accuracy = await this.#score(await this.#modelOf(changes));
    if (Number.isNaN(accuracy)) throw invalid('The accuracy score is not a number.');
    this.#accuracies.set(key, accuracy);
    return accuracy;
  }

  /** The model with the changes; it is the caller's from then on. */
  async takeModel(changes: readonly Change[]): Promise<Model> {
    const model = await this.#modelOf(changes);
    this.#last = undefined;
    return model;
  }

  dispose(): void {
    this.#last?.model.dispose();
    this.#last = undefined;
  }

  async #modelOf(changes: readonly Change[]): Promise<Model> {
    const key = this.#keyOf(changes);
    if (this.#last?.key === key) return this.#last.model;
    this.dispose();
    const model = await this.#quantize(this.paramsOf(changes));
    this.#last = { key, model };
    return model;
  }

  #keyOf(changes: readonly Change[]): string {
    return JSON.stringify(this.paramsOf(changes));
  }
}

/** Tries the candidates in order; one that lowers the accuracy is left out again. */
async function climb(
  trials: Trials,
  candidates: readonly Change[],
  target: number,
  most: number,
): Promise<readonly Change[]> {
  let kept: readonly Change[] = [];
  let accuracy = await trials.accuracyOf(kept);
  for (const candidate of candidates.slice(0, most)) {
    if (accuracy >= target) break;
    const tried = [...kept, candidate];
    const reached = await trials.accuracyOf(tried);
    // Where two faults hide each other, the first step alone gains nothing.
    if (reached < accuracy) continue;
    kept = tried;
    accuracy = reached;
  }
  return kept;
}

/** Takes back, as long as the accuracy stays, whole changes and then single nodes; at most `most` evaluations. */
async function withoutNeedless(
  trials: Trials,
  changes: readonly Change[],
  target: number,
  most: number,
): Promise<readonly Change[]> {
  const enough = Math.min(target, await trials.accuracyOf(changes));
  const until = trials.evaluations + most;
  let kept = changes;
  for (const change of [...changes].reverse()) {
    const fewer = kept.filter((other) => other !== change);
    if (trials.evaluations < until && (await trials.accuracyOf(fewer)) >= enough) kept = fewer;
  }
  for (const node of kept.flatMap(({ nodes }) => (nodes.length > 1 ? nodes : []))) {
    const fewer = withoutNode(kept, node);
    if (trials.evaluations < until && (await trials.accuracyOf(fewer)) >= enough) kept = fewer;
  }
  return kept;
}

function withoutNode(changes: readonly Change[], node: string): readonly Change[] {
  return changes
    .map((change) => ({ ...change, nodes: change.nodes.filter((name) => name !== node) }))
    .filter(({ nodes }) => nodes.length > 0);
}

/** What could be changed, that which gains most for what it costs first. */
async function candidatesFor(
  net: ImprovableNet,
  calibration: NetCalibration,
  resolved: ResolvedParams,
  options: SearchOptions,
): Promise<readonly Change[]> {
  const { maxOptimizationSteps: most = 16 } = options;
  const { steps, roundings } = await calibration.improvements(resolved.params, most, options);
  const wide: Weighed[] = steps.map(({ nodes, share, gain }) => ({
    nodes,
    change: 'INT16',
    worth: gain / (COST_OF_16_BITS * share + COST_OF_NODE * nodes.length),
  }));
  const exact = await unrounded(net, resolved, roundings, most);
  // The core's steps build on each other: only their order among the others is open.
  const merged: Change[] = [];
  while (wide.length > 0 || exact.length > 0) {
    const [first, second] = [wide[0], exact[0]];
    const next =
      second === undefined || (first !== undefined && first.worth >= second.worth)
        ? wide.shift()
        : exact.shift();
    if (next !== undefined) merged.push({ nodes: next.nodes, change: next.change });
  }
  return merged;
}

type Weighed = Change & { readonly worth: number };

/** Nodes whose weights are not to be rounded: 16 bits for activations leave that noise as it is. */
async function unrounded(
  net: ImprovableNet,
  resolved: ResolvedParams,
  roundings: readonly Sensitivity[],
  most: number,
): Promise<Weighed[]> {
  const noiseOf = ({ sqnr }: Sensitivity): number => 10 ** (-sqnr / 10);
  const all = roundings.reduce((sum, rounding) => sum + noiseOf(rounding), 0);
  const change = net.target === 'gen2' ? 'BFLOAT_16' : 'FLOAT';
  const before = await net.partitionWith(resolved.params);
  const bytes = Math.max(1, before.boundaryBytes);
  const worst = roundings
    .filter((row) => row.rounded === 'weights' && !resolved.ownOf(row.node).isPrecisionGiven)
    .sort((a, b) => a.sqnr - b.sqnr)
    .slice(0, most);
  const weighed: Weighed[] = [];
  for (const row of worst) {
    const gain = -10 * Math.log10(Math.max(1e-6, 1 - noiseOf(row) / all));
    const after = await net.partitionWith(withChanges(resolved, [{ nodes: [row.node], change }]));
    const cost =
      macsOf(net, [row.node]) * (change === 'FLOAT' ? COST_OF_FLOAT : COST_OF_16_BITS) +
      COST_OF_NODE +
      COST_OF_SEGMENT *
        (Math.max(0, after.segments.length - before.segments.length) +
          Math.max(0, after.boundaryBytes - before.boundaryBytes) / bytes);
    weighed.push({ nodes: [row.node], change, worth: gain / cost });
  }
  return weighed.sort((a, b) => b.worth - a.worth);
}

/** The changes with what each gained and cost. */
async function costed(
  net: ImprovableNet,
  trials: Trials,
  changes: readonly Change[],
): Promise<readonly AccuracyFeedbackStep[]> {
  const steps: AccuracyFeedbackStep[] = [];
  let before = {
    accuracy: await trials.accuracyOf([]),
    partition: await net.partitionWith(trials.paramsOf([])),
  };
  for (const [index, { nodes, change }] of changes.entries()) {
    const until = changes.slice(0, index + 1);
    const after = {
      accuracy: await trials.accuracyOf(until),
      partition: await net.partitionWith(trials.paramsOf(until)),
    };
    steps.push({
      nodes,
      change,
      accuracy: after.accuracy,
      gain: after.accuracy - before.accuracy,
      cost: {
        macs: macsOf(net, nodes),
        segments: after.partition.segments.length - before.partition.segments.length,
        boundaryBytes: after.partition.boundaryBytes - before.partition.boundaryBytes,
      },
    });
    before = after;
  }
  return steps;
}

/** Of all multiply-accumulates, those of the nodes. */
function macsOf({ nodes }: ImprovableNet, names: readonly string[]): number {
  const sum = (some: readonly NodeInfo[]) =>
    some.reduce((total, { multiplyAccumulates }) => total + multiplyAccumulates, 0);
  return sum(nodes.filter(({ name }) => names.includes(name))) / Math.max(1, sum(nodes));
}

/** The settings with the changes; nodes keep what else they have of their own, by name or by pattern. */
function withChanges(resolved: ResolvedParams, changes: readonly Change[]): QuantizationParams {
  return resolved.withConfigs(
    changes.flatMap(({ nodes, change }) =>
      nodes.map((node) => [node, (own: NodeQuantizationConfig) => configWith(own, change)] as const),
    ),
  );
}

function configWith(own: NodeQuantizationConfig, change: Change['change']): NodeQuantizationConfig {
  const { calibration, weightScheme } = own;
  // Weights are not integers any more; what chooses ranges stays, for the statistics to serve.
  if (change !== 'INT16') return { ...(calibration && { calibration }), quantizationPrecision: change };
  const { method, numBins, percentile, movingAverageConstant } = INT16_RANGE;
  return {
    quantizationPrecision: change,
    ...(weightScheme && { weightScheme }),
    // There are steps enough for all that was seen: nothing need be clipped any more.
    calibration: { method, numBins, percentile, movingAverageConstant },
  };
}

function invalid(message: string): OctetError {
  return new OctetError({ code: 'INVALID_CONFIG', message });
}
