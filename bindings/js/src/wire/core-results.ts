// What the core says about roundings, as the worker hands it on.

import type { MixedPrecisionPoint, Sensitivity } from '../sensitivity-types.js';

/** What the core says of one rounding. */
export type CoreSensitivity = Omit<Sensitivity, 'sqnr' | 'mse'>;

/** Nodes that are to compute in INT16, by name, and their share of all multiply-accumulates. */
export interface Int16Nodes {
  readonly nodes: readonly string[];
  readonly share: number;
}

/** What a share of the multiply-accumulates in INT16 gains, as the core expects it. */
export type Int16Point = Int16Nodes & Pick<MixedPrecisionPoint, 'expected'>;

/** Nodes that had best rise together; the gain is of the mean of the outputs' noise, in dB. */
export type Int16Step = Int16Nodes & { readonly gain: number };
