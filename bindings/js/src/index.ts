// The public API of octet-quant.

export { OctetError } from './errors.js';
export { CalibrationMethod, defaultQuantization, QuantizationParams, quantizationScheme } from './params.js';
export type * from './types.js';
export { RequantizationMode, Target } from './types.js';
