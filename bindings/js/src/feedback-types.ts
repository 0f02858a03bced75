// What quantizeWithAccuracyFeedback takes and gives.

import type { QuantizationParams } from './main/params.js';
import type { Statistic } from './statistics/types.js';
import type { CallOptions, Model, NodePrecision } from './types.js';

export interface AccuracyFeedbackOptions<GroundTruth> extends CallOptions {
  /**
   * Makes the statistic that an evaluation feeds; a new one each time, higher is better. `'sqnr'` needs no labels: the
   * signal to noise of the outputs against the float model's, in dB, as a mean over the outputs.
   */
  readonly accuracyScore: (() => Statistic<GroundTruth>) | 'sqnr';
  /** What the score is to reach. */
  readonly targetAccuracy: number;
  /** Changes that are tried, each of which quantizes and evaluates once. Default 16. */
  readonly maxOptimizationSteps?: number;
  /** Default: the name of the loaded model. */
  readonly modelName?: string;
}

/** A change that was kept. */
export interface AccuracyFeedbackStep {
  readonly nodes: readonly string[];
  /** What the nodes compute in from then on. Integers of 16 bits get the whole range that calibration saw. */
  readonly change: Extract<NodePrecision, 'INT16' | 'BFLOAT_16' | 'FLOAT'>;
  /** With this and the steps before. */
  readonly accuracy: number;
  /** By how much the accuracy rose. */
  readonly gain: number;
  readonly cost: {
    /** Of all multiply-accumulates, those of the nodes; from 0 to 1. */
    readonly macs: number;
    /** How many segments and bytes between them the change adds; below 0 where it saves some. */
    readonly segments: number;
    readonly boundaryBytes: number;
  };
}

export interface AccuracyFeedback {
  /** The model with the best accuracy that was found; with all steps, no more than it takes. */
  readonly model: Model;
  readonly params: QuantizationParams;
  readonly accuracy: number;
  /** Of the model with the settings as they were given. */
  readonly initialAccuracy: number;
  /** What was changed, in order. Where a later step made one needless, it is left out. */
  readonly steps: readonly AccuracyFeedbackStep[];
  /** Whether the accuracy is at least the target. */
  readonly reached: boolean;
  /** How many times a model was evaluated. */
  readonly evaluations: number;
}
