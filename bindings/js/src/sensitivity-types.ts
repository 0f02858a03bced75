// What rankSensitivity and mixedPrecision take and give.

import type { QuantizationParams } from './main/params.js';
import type { CallOptions } from './types.js';

/** `sqnr` compares noises relative to the output's signal, `mse` as they are. */
export type SensitivityMetric = 'sqnr' | 'mse';

export interface SensitivityOptions extends CallOptions {
  /**
   * How many of the samples one thing after the other is rounded in: those with most noise at the outputs, which decide
   * what it adds up to. Default 4, or up to 32 where the outputs are few numbers. An estimate takes 16, at equal distances.
   */
  readonly samples?: number;
}

export interface RankOptions extends SensitivityOptions {
  /**
   * Estimates the figures in a few passes through the net, forward and back, instead of a pass for each thing that is
   * rounded: errors of different channels are taken for independent, and small. Rejects with code 'UNSUPPORTED_OPERATOR'
   * where an operator has no derivative. Default false.
   */
  readonly estimate?: boolean;
}

/** What one rounding, and no other, makes of the outputs. */
export interface Sensitivity {
  /** The node, or the input of the model. */
  readonly node: string;
  readonly label: string;
  /** Empty for an input. */
  readonly operator: string;
  readonly rounded: 'output' | 'weights' | 'input';
  /** By output of the model: signal to noise in dB, Infinity where there is none, and mean squared error. */
  readonly outputs: Readonly<Record<string, { readonly sqnr: number; readonly mse: number }>>;
  /** In dB, of the mean over the outputs of noise relative to signal. */
  readonly sqnr: number;
  /** Mean over the outputs. */
  readonly mse: number;
}

export interface MixedPrecisionOptions extends SensitivityOptions {
  /** Of all multiply-accumulates, those that may read INT16 activations: from 0 to 1. Default 0.1. */
  readonly share?: number;
}

export interface MixedPrecisionCurveOptions extends SensitivityOptions {
  /** Of all multiply-accumulates, those that may read INT16 activations, from 0 to 1. Default 0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5 and 1. */
  readonly shares?: readonly number[];
  /** Quantizes with each choice, too, and measures the outputs over all samples. Default false. */
  readonly measure?: boolean;
}

/** What INT16 for a share of the multiply-accumulates gains over plain INT8. */
export interface MixedPrecisionPoint {
  /** The share that was allowed. */
  readonly limit: number;
  /** Of all multiply-accumulates, those of the nodes. */
  readonly share: number;
  readonly nodes: readonly string[];
  /**
   * By output, by how many dB its signal to noise rises, as what single roundings make of it lets expect. Outputs
   * without noise are left out.
   */
  readonly expected: Readonly<Record<string, number>>;
  /** The same measured, where that was asked for. */
  readonly measured?: Readonly<Record<string, number>>;
}

/** Nodes chosen for INT16. */
export interface MixedPrecision {
  /** The settings with `customQuantizationConfigs` for the nodes. */
  readonly params: QuantizationParams;
  readonly nodes: readonly string[];
  /** Of all multiply-accumulates, those of the nodes. */
  readonly share: number;
}
