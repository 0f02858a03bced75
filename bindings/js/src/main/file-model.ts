// What LoadedNet and Model share: a file that workers open, the description of its graph, and running it.

import type { Remote } from 'comlink';
import { type LabelledSource, labelledItems } from '../data/labels/labelled-items.js';
import { abortable, encodedSample, forEachInOrder, throwIfAborted, workersFor } from '../data/samples.js';
import type { LabelledSample, Statistic } from '../statistics/types.js';
import type {
  CallOptions,
  EvaluateOptions,
  ExecuteOptions,
  ImageDataset,
  NodeInfo,
  OutputTensor,
  Partition,
  Profile,
  Runnable,
  Sample,
  TensorInfo,
  TensorMap,
  Timing,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import type { Artifact, ArtifactHolder, EncodedSample, LookedAt } from '../wire/protocol.js';
import { byteSize, elementsOf } from '../wire/tensor.js';
import type { WorkerApi } from '../wire/worker-api.js';
import { checkChoice } from './choices.js';
import { freeEverywhere, leastBusyWorker } from './pool.js';

/** Samples of an evaluation whose outputs are compared with the float model's, where warnings are asked for. */
const COMPARED_SAMPLES = 8;

/** The graph as the core describes it: tensors and segments by index. */
export interface CoreGraph {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly tensors: readonly TensorInfo[];
  readonly nodes: readonly CoreNode[];
}

type CoreNode = Omit<NodeInfo, 'inputs' | 'outputs' | 'segment'> & {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly segment: number;
};

// Frees the workers' memory of handles that were dropped without dispose().
const dropped = new FinalizationRegistry<string>(freeEverywhere);

export abstract class FileModel implements Runnable, ArtifactHolder {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly nodes: readonly NodeInfo[];
  readonly tensors: readonly TensorInfo[];
  readonly partition: Partition;
  readonly #graph: CoreGraph;
  readonly #artifact: Artifact;
  #disposed = false;

  constructor(artifact: Artifact, graph: CoreGraph, partition: Partition) {
    const tensor = (index: number): TensorInfo => {
      const info = graph.tensors[index];
      if (info === undefined) throw new Error(`The graph has no tensor ${index}.`);
      return info;
    };
    this.#artifact = artifact;
    this.#graph = graph;
    this.name = graph.name;
    this.inputs = graph.inputs.map(tensor);
    this.outputs = graph.outputs.map(tensor);
    this.tensors = graph.tensors;
    this.partition = partition;
    this.nodes = graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((index) => (index < 0 ? '' : tensor(index).name)),
      outputs: node.outputs.map((index) => tensor(index).name),
      segment: partition.segments[node.segment]?.name ?? '',
    }));
    dropped.register(this, artifact.id, this);
  }

  /** The file for workers; throws when the handle was disposed of. */
  get artifact(): Artifact {
    if (this.#disposed) {
      throw new OctetError({ code: 'INVALID_INPUT', message: `Model '${this.name}' was disposed of.` });
    }
    return this.#artifact;
  }

  async execute(inputs: Sample, options: ExecuteOptions = {}): Promise<TensorMap> {
    const { artifact } = this;
    const tensors = this.#tensorsToKeep(options.keepLayerOutputs);
    const sample = encodedSample(inputs);
    throwIfAborted(options.signal);
    const run = leastBusyWorker().callWith(artifact, (api) => api.run(artifact.id, sample, tensors));
    return this.#tensorMap(tensors, await abortable(run, options.signal));
  }

  evaluate<GroundTruth, Result>(
    samples: Iterable<LabelledSample<GroundTruth>> | AsyncIterable<LabelledSample<GroundTruth>>,
    statistic: Statistic<GroundTruth, Result>,
    options?: CallOptions,
  ): Promise<Result>;
  evaluate<Result>(
    images: ImageDataset,
    statistic: Statistic<string, Result>,
    options?: CallOptions,
  ): Promise<Result>;
  async evaluate(
    samples: LabelledSource,
    // Which of the two kinds of samples and statistic go together is the overloads' business.
    statistic: Statistic<never, unknown>,
    options: EvaluateOptions = {},
  ): Promise<unknown> {
    const { artifact } = this;
    const tensors = this.#tensorsToKeep([]);
    const add = statistic.add.bind(statistic) as (outputs: TensorMap, groundTruth: unknown) => void;
    const { total, encoded } = labelledItems(samples);
    const { onWarning } = options;
    const noticed: Uint8Array[] = [];
    const first: EncodedSample[] = [];
    const run = (api: Remote<WorkerApi>, sample: EncodedSample): Promise<LookedAt> =>
      onWarning === undefined
        ? api.run(artifact.id, sample, tensors).then((results) => ({ results }))
        : api.runAndLook(artifact.id, sample, tensors);
    const count = await forEachInOrder(
      workersFor(options, total),
      {
        phase: 'evaluate',
        items: encoded(),
        total,
        work: (worker, { sample }) => {
          if (onWarning !== undefined && first.length < COMPARED_SAMPLES) first.push(sample);
          return worker.callWith(artifact, (api) => run(api, sample));
        },
        collect: (seen, { groundTruth }) => {
          if (seen.noticed !== undefined) noticed.push(seen.noticed);
          add(this.#tensorMap(tensors, seen.results), groundTruth);
        },
      },
      options,
    );
    if (count === 0)
      throw new OctetError({ code: 'INVALID_INPUT', message: 'There was no sample to evaluate.' });
    if (onWarning !== undefined) {
      const all = joined(noticed);
      const warnings = leastBusyWorker().callWith(artifact, (api) => api.inputWarnings(artifact.id, all));
      for (const warning of await abortable(warnings, options.signal)) onWarning(warning);
      for (const warning of await this.outputWarnings(first, options.signal)) onWarning(warning);
    }
    return statistic.result();
  }

  /** What is likely wrong with the outputs, judged by some samples. */
  protected async outputWarnings(
    _samples: readonly EncodedSample[],
    _signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    return [];
  }

  async constant(tensor: string): Promise<OutputTensor> {
    const { artifact } = this;
    const index = this.tensors.findIndex(({ name, constant }) => constant && name === tensor);
    if (index < 0) {
      throw new OctetError({
        code: 'INVALID_INPUT',
        message: `The model has no constant '${tensor}'.`,
        where: { tensor },
        hint: "The model's tensors property lists all tensors.",
      });
    }
    const contents = await leastBusyWorker().callWith(artifact, (api) => api.constant(artifact.id, index));
    const found = this.#tensorMap([index], [contents])[tensor];
    if (found === undefined) throw new Error(`The graph has no tensor ${index}.`);
    return found;
  }

  async measureTime(inputs: Sample, options: { readonly signal?: AbortSignal } = {}): Promise<Timing> {
    const { artifact } = this;
    const sample = encodedSample(inputs);
    const measured = leastBusyWorker().callWith(artifact, (api) => api.measure(artifact.id, sample));
    return abortable(measured, options.signal);
  }

  async profile(inputs: Sample, options: { readonly signal?: AbortSignal } = {}): Promise<Profile> {
    const { artifact } = this;
    const sample = encodedSample(inputs);
    const profiled = leastBusyWorker().callWith(artifact, (api) => api.profile(artifact.id, sample));
    const { milliseconds, runs } = await abortable(profiled, options.signal);
    const { tensors } = this.#graph;
    const nodes = this.#graph.nodes.map((node, position) => {
      const { name, label, operator, unit, multiplyAccumulates } = node;
      const touched = [...node.inputs, ...node.outputs].flatMap((index) => tensors[index] ?? []);
      return {
        node: name,
        label,
        operator,
        unit,
        milliseconds: milliseconds[position] ?? 0,
        multiplyAccumulates,
        bytes: touched.reduce((sum, tensor) => sum + byteSize(tensor), 0),
      };
    });
    return { milliseconds: nodes.reduce((sum, node) => sum + node.milliseconds, 0), runs, nodes };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    freeEverywhere(this.#artifact.id);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Indices of the graph's outputs, then of what else the nodes named compute, in the order of computing. */
  #tensorsToKeep(keep: ExecuteOptions['keepLayerOutputs'] = []): number[] {
    const { nodes, outputs } = this.#graph;
    if (typeof keep === 'string')
      checkChoice('keepLayerOutputs, unless it is a list of names,', keep, ['all']);
    const names = keep === 'all' ? undefined : new Set(keep.map((name) => this.#resolveNode(name)));
    const kept = nodes
      .filter((node) => names === undefined || names.has(node.name))
      .flatMap((node) => node.outputs);
    return [...new Set([...outputs, ...kept])];
  }

  /** A node's name from itself, or from its label. */
  #resolveNode(name: string): string {
    const found = this.nodes.find((node) => node.name === name || node.label === name);
    if (found !== undefined) return found.name;
    throw new OctetError({
      code: 'INVALID_CONFIG',
      message: `The model has no node '${name}'.`,
      where: { node: name },
      hint: "The model's nodes property lists all names.",
    });
  }

  #tensorMap(indices: readonly number[], contents: readonly Uint8Array[]): TensorMap {
    const map: Record<string, TensorMap[string]> = {};
    indices.forEach((index, position) => {
      const info = this.#graph.tensors[index];
      const bytes = contents[position];
      if (info === undefined || bytes === undefined) throw new Error(`The run gave no tensor ${index}.`);
      const { name, dtype, shape, quantization } = info;
      const tensor = { data: elementsOf(bytes, dtype), shape, dtype };
      map[name] = quantization === undefined ? tensor : { ...tensor, quantization };
    });
    return map;
  }
}

/**
 * What `make` makes of an opened file, of what the core says about it. Where anything fails, cancelling included, no
 * worker keeps the file open.
 */
export async function opened<Handle>(
  artifact: Artifact,
  make: (description: string) => Handle,
  signal?: AbortSignal,
): Promise<Handle> {
  try {
    return make(await abortable(leastBusyWorker().open(artifact), signal));
  } catch (error) {
    freeEverywhere(artifact.id);
    throw error;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
