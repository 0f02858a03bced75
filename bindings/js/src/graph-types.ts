// What a graph is, where its nodes run, and what targets support.

import type { DType, Target, TensorQuantization } from './types.js';

export type Unit = 'MLA' | 'APU' | 'CVU';

/** A tensor of the graph, without its contents. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Weights and other values that the file holds. */
  readonly constant: boolean;
  readonly quantization?: TensorQuantization;
  /**
   * Of an input or output whose axes are in another order than in the file, as images of .onnx files are, whose channels
   * come last here: its shape in the file, and for each axis which one of those it is, as `[0, 2, 3, 1]`.
   */
  readonly fileShape?: readonly number[];
  readonly fileAxes?: readonly number[];
}

/** One operation, with where it runs and why. */
export interface NodeInfo {
  /** The source model's own name, unique and stable; the name to use in `withUnquantizedNodes`. */
  readonly name: string;
  /** The name made short for showing; unique among the nodes of its model. */
  readonly label: string;
  /** "CONV_2D", … */
  readonly operator: string;
  /** The operator in a word or two, for showing: "Conv", … */
  readonly shortOperator: string;
  /** Names of tensors; an absent optional operand is an empty string. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Strides, paddings, axes, … by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The nodes of the file that this one stands for. */
  readonly sourceNodes: readonly string[];
  readonly unit: Unit;
  /** Name of the segment that it belongs to: "MLA_0", "APU_1", … */
  readonly segment: string;
  /** Why it is not on the accelerator, in complete sentences; empty when it is. */
  readonly reasons: readonly string[];
  readonly multiplyAccumulates: number;
  /** Elements of its constant operands. */
  readonly parameters: number;
}

/** A maximal group of nodes on one unit. */
export interface Segment {
  readonly name: string;
  readonly unit: Unit;
  readonly nodes: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface UnitShare {
  readonly unit: Unit;
  readonly nodes: number;
  readonly multiplyAccumulates: number;
  readonly parameters: number;
}

/** How the graph is divided over the compute units. */
export interface Partition {
  readonly segments: readonly Segment[];
  readonly units: readonly UnitShare[];
  /** Sentences about nodes that are placed together, as the parts of a layer norm. Older files have none. */
  readonly notes?: readonly string[];
  /** Bytes that cross between segments in one pass. */
  readonly boundaryBytes: number;
}

/** All that is known about a graph without running it. */
export interface GraphInfo {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** In execution order. */
  readonly nodes: readonly NodeInfo[];
  readonly tensors: readonly TensorInfo[];
  readonly partition: Partition;
}

export interface TargetSupport {
  readonly int8: boolean;
  /** INT16 activations with INT8 weights. */
  readonly int16: boolean;
  readonly bf16: boolean;
  /** Conditions, each completing "runs there if …". */
  readonly constraints: readonly string[];
}

/** One row of the table of supported operators. */
export interface OperatorSupport {
  readonly operator: string;
  readonly targets: Readonly<Record<Target, TargetSupport>>;
  /** The vision unit can run it at the model's edge. */
  readonly cvu: boolean;
}
