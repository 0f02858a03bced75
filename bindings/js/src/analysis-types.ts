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
);

/** The error of one channel, with those of all nodes before it, and its own. */
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
