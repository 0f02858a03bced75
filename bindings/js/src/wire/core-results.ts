// What the core says about roundings, as the worker hands it on.

import type { MixedPrecisionPoint, Sensitivity } from '../sensitivity-types.js';

/** What the core says of one rounding. */
export type CoreSensitivity = Omit<Sensitivity, 'sqnr' | 'mse'>;

/** How far a search for INT16 nodes goes: a share of all multiply-accumulates, a number of steps, or all that may be. */
export type Int16Limit =
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'steps'; readonly most: number }
  | { readonly kind: 'all' };

/** Nodes that are to compute in INT16, their share of all multiply-accumulates, and what they gain as the core expects it. */
export type Int16Nodes = Pick<MixedPrecisionPoint, 'nodes' | 'share' | 'expected'>;

/** Nodes that had best rise together; the gain is of the mean of the outputs' noise, in dB. */
export type Int16Step = Pick<MixedPrecisionPoint, 'nodes' | 'share'> & { readonly gain: number };
