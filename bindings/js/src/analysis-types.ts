// What analyzeQuantizationError takes and gives.

import type { CallOptions, Unit } from './types.js';

export type ErrorMetric = 'sqnr' | 'mse' | 'mae' | 'cosine';

/** How far a quantized signal is from the float one, over all samples. */
export interface SignalError {
  /** Signal to quantization noise, in dB; Infinity when equal. */
  readonly sqnr: number;
  readonly mse: number;
  readonly mae: number;
  readonly cosine: number;
  readonly maxError: number;
}

/** How far a node's quantized output is from its float output, with the errors of all nodes before it. */
export interface NodeError extends SignalError {
  readonly node: string;
  readonly label: string;
  readonly operator: string;
  readonly unit: Unit;
  /** The same of this node alone: its inputs are the float model's values, in the representation that it reads. */
  readonly local: SignalError;
  /**
   * What the node's own noise consists of, as shares of 1: what its rounded weights make, and what rounding its inputs and
   * output does. Absent where there is no noise, and in models with BF16.
   */
  readonly noise?: { readonly weights: number; readonly activations: number };
  /** Of its integers, those at an end of their range where the float values are not; from 0 to 1. */
  readonly saturation: number;
  /** What stands out about the node; empty where nothing does. */
  readonly causes: readonly ErrorCause[];
  /** Of its first output, by position of the last axis; with `perChannel`. */
  readonly channels?: readonly ChannelError[];
  /** The parts of its first output whose ranges differ, the widest first; absent where there is but one. */
  readonly parts?: readonly ErrorPart[];
  /** The outputs of the model that it computes; absent where it computes none. */
  readonly outputs?: readonly OutputError[];
}

/** The error of an output of the model, and of its parts. */
export interface OutputError extends ChannelError {
  /** The output's name in the quantized model. */
  readonly output: string;
  /** Who computes it. */
  readonly node: string;
  /**
   * The channels of each part differ in range by a factor of at most 16; the part with the widest comes first. Channels
   * that are always 0 are in none. Empty where too few values were seen to tell parts apart.
   */
  readonly parts: readonly ErrorPart[];
  /** What its own ratio hides, and what helps, in complete sentences: parts that are lost, or far worse than the whole. */
  readonly warnings: readonly string[];
}

/** The error of channels whose ranges are alike, together. */
export interface ErrorPart extends ChannelError {
  /** The axis of the tensor that the channels are positions of. */
  readonly axis: number;
  /** Ascending. */
  readonly channels: readonly number[];
  /** One step of the integers that its values were rounded to; absent where they never were. */
  readonly step?: number;
  /** Those of `channels` whose whole range is below one step, so that nothing of them comes through. */
  readonly lost: readonly number[];
  /** Its SQNR is below 20 dB, and that of the tensor at least 10 dB better. */
  readonly weak: boolean;
}

/** Why a node's quantized output is far from its float output. */
export type ErrorCause = {
  /** A complete sentence with the figures. */
  readonly sentence: string;
  /** What helps, as a complete sentence. */
  readonly remedy: string;
} & (
  | {
      readonly kind: 'clipped_range';
      /** Of all values, those outside the chosen range; from 0 to 1. */
      readonly share: number;
      /** Of the node's own noise, what these make; from 0 to 1. */
      readonly noiseShare: number;
    }
  | {
      readonly kind: 'outlier_channels';
      /** Those that reach much farther than all others, which share their step. */
      readonly channels: readonly number[];
      /** How many of their 8 bits the others lose. */
      readonly bits: number;
    }
  | {
      readonly kind: 'weight_spread';
      /** Output channels whose weights reach much farther than the median one's; absent where there is none apart. */
      readonly channels?: readonly number[];
      /** How many bits half of the channels lose, or more, by one scale for all. */
      readonly bits: number;
    }
  | {
      readonly kind: 'dead_channels';
      /** Those that are the same in all samples. */
      readonly channels: readonly number[];
    }
  | {
      readonly kind: 'saturation';
      /** As `NodeError.saturation`. */
      readonly share: number;
    }
  | {
      readonly kind: 'lost_channels';
      /** Those whose whole range is below one step, by position of the axis of `NodeError.parts`. */
      readonly channels: readonly number[];
    }
);

/** The error of one channel, or of several together, with those of all nodes before it, and its own. */
export interface ChannelError {
  /** Smallest and largest float value. */
  readonly low: number;
  readonly high: number;
  readonly sqnr: number;
  readonly mse: number;
  readonly local: { readonly sqnr: number; readonly mse: number };
}

export interface AnalyzeOptions extends CallOptions {
  /** Ranks nodes by their local error instead of the accumulated one; both are in the result. Default false. */
  readonly localFeed?: boolean;
  /** Gives each node's channels, too. Default false. */
  readonly perChannel?: boolean;
}
