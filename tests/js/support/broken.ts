// The sample broken on purpose, in two places: it computes the same in float, and next to nothing in INT8.

import { type LoadedNet, loadModel, type QuantizationParams, type Target } from 'octet-quant';

const OUTLIER = 3;
const TIMES = 64;
/** By position in the network: a pair of layers with nothing but RELU6 in between, and a layer that is clipped. */
const [FIRST, SECOND, CLIPPED] = [1, 2, 18];

export interface BrokenNet {
  readonly net: LoadedNet;
  /** The settings that clip. */
  readonly params: QuantizationParams;
  /** The layer of whose channels one reaches 64 times as far as before beside the others, and that channel. */
  readonly outlier: string;
  readonly channel: number;
  /** The layer that reads it. */
  readonly reader: string;
  readonly clipped: string;
}

/** `file`: the bytes of the sample, which are changed. */
export async function brokenFashion(file: Uint8Array, target: Target = 'tflite'): Promise<BrokenNet> {
  const sound = await loadModel(file.slice(), { target });
  const [first, second, clipped] = [FIRST, SECOND, CLIPPED].map((index) => {
    const node = sound.nodes[index];
    if (node === undefined) throw new Error('The sample has changed.');
    return node;
  }) as [LoadedNet['nodes'][0], LoadedNet['nodes'][0], LoadedNet['nodes'][0]];
  const [weights, biases, readers] = [first.inputs[1], first.inputs[2], second.inputs[1]].map((name = '') =>
    floatsIn(file, name),
  ) as [Float32Array, Float32Array, Float32Array];
  // The weights are output channel by taps, those of the depthwise layer behind taps by channel.
  const channels = biases.length;
  const taps = weights.length / channels;
  const scale = (values: Float32Array, factor: number, channelOf: (index: number) => number): void => {
    values.forEach((value, index) => {
      if (channelOf(index) !== OUTLIER) values[index] = value * factor;
    });
  };
  scale(weights, 1 / TIMES, (index) => Math.floor(index / taps));
  scale(biases, 1 / TIMES, (index) => index);
  scale(readers, TIMES, (index) => index % channels);
  const net = await loadModel(file, { target });
  sound.dispose();
  const calibration = {
    method: 'percentile',
    numBins: 2048,
    percentile: 80,
    movingAverageConstant: 0.01,
  } as const;
  return {
    net,
    params: net.defaultQuantization.withCustomQuantizationConfigs({ [clipped.name]: { calibration } }),
    outlier: first.name,
    channel: OUTLIER,
    reader: second.name,
    clipped: clipped.name,
  };
}

/** Where tables of the TFLite schema keep what is needed here, by position of the field. */
const MODEL = { subgraphs: 2, buffers: 4 };
const SUBGRAPH = { tensors: 0 };
const TENSOR = { buffer: 2, name: 3 };
const BUFFER = { data: 0 };

/** A view of the float32 contents of the tensor `name` in the file, to be written into. */
function floatsIn(file: Uint8Array, name: string): Float32Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const follow = (at: number): number => at + view.getUint32(at, true);
  /** Where the field is; undefined where the table has it not. */
  const field = (table: number, index: number): number | undefined => {
    const vtable = table - view.getInt32(table, true);
    const at = 4 + 2 * index;
    const offset = at < view.getUint16(vtable, true) ? view.getUint16(vtable + at, true) : 0;
    return offset === 0 ? undefined : table + offset;
  };
  const vector = (table: number, index: number): { readonly length: number; readonly begin: number } => {
    const at = field(table, index);
    if (at === undefined) return { length: 0, begin: 0 };
    const begin = follow(at);
    return { length: view.getUint32(begin, true), begin: begin + 4 };
  };
  const tables = (table: number, index: number): number[] => {
    const { length, begin } = vector(table, index);
    return Array.from({ length }, (_, i) => follow(begin + 4 * i));
  };
  const text = (table: number, index: number): string => {
    const { length, begin } = vector(table, index);
    return new TextDecoder().decode(file.subarray(begin, begin + length));
  };

  const model = follow(0);
  const [subgraph = 0] = tables(model, MODEL.subgraphs);
  const tensor = tables(subgraph, SUBGRAPH.tensors).find((table) => text(table, TENSOR.name) === name);
  if (tensor === undefined) throw new Error(`The file has no tensor '${name}'.`);
  const at = field(tensor, TENSOR.buffer);
  const buffer = tables(model, MODEL.buffers)[at === undefined ? 0 : view.getUint32(at, true)] ?? 0;
  const { length, begin } = vector(buffer, BUFFER.data);
  return new Float32Array(file.buffer, file.byteOffset + begin, length / 4);
}
