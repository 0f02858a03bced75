// What a user chooses about quantization, and what was found of it.

import type { SETTINGS } from './generated/settings.js';

/**
 * What Octet quantizes for. `gen1`: MLSoC, `gen2`: Modalix, `tflite`: whatever TFLite's integer kernels run (LiteRT,
 * microcontrollers, Coral and Ethos-U compilers).
 */
export const Target = { gen1: 'gen1', gen2: 'gen2', tflite: 'tflite' } as const;

export type Target = (typeof Target)[keyof typeof Target];

/** `sima`: shifts and 15-bit multipliers. `tflite`: 32-bit fixed-point multipliers, as TFLite's reference kernels. */
export const RequantizationMode = { sima: 'sima', tflite: 'tflite' } as const;

export type RequantizationMode = (typeof RequantizationMode)[keyof typeof RequantizationMode];

/** Names of the ways to choose a range from what calibration saw. */
export type CalibrationMethodName = (typeof SETTINGS.choices.method)[number];

/** Which numbers may be used. Made by `quantizationScheme` and `bfloat16Scheme`. */
export interface QuantizationScheme {
  readonly asymmetric: boolean;
  readonly perChannel: boolean;
  readonly bits: number;
  /** BF16 in place of integers. */
  readonly bfloat16: boolean;
}

/** What a single node may compute in; all but FLOAT need a target that runs the operator so. */
export type NodePrecision = (typeof SETTINGS.choices.quantizationPrecision)[number];

/** Which method chooses ranges, and its parameters; `CalibrationMethod` is one. */
export interface CalibrationSettings {
  readonly method: CalibrationMethodName;
  readonly numBins: number;
  readonly percentile: number;
  readonly movingAverageConstant: number;
}

/**
 * How single nodes are quantized; what is absent is as for all, and something must be there. Where the precision is
 * absent, the schemes give it; where it is there, they must be of it.
 */
export interface NodeQuantizationConfig {
  readonly quantizationPrecision?: NodePrecision;
  /** Of the tensors that the node computes. Where tensors share a scale, one symmetric node makes it so for all. */
  readonly activationScheme?: QuantizationScheme;
  readonly weightScheme?: QuantizationScheme;
  /** What chooses the ranges of the node's outputs. Those of nodes that only move values are their inputs'. */
  readonly calibration?: CalibrationSettings;
}

/** How the mean error of a layer is made up for by its bias; see `withBiasCorrection`. */
export type BiasCorrection = (typeof SETTINGS.choices.biasCorrection)[number];

/** Whether and how much of the activations' unevenness goes over to the weights that read them. */
export interface SmoothQuant {
  readonly enabled: boolean;
  /** From 0, channels are scaled by their weights alone, to 1, channels all get the same range. */
  readonly alpha: number;
  /** Alpha is searched between layer and layer, for the least noise that rounding is expected to add. */
  readonly search: boolean;
}

/** A method that may give accuracy, and may cost some, as the net has it. */
export type AccuracyMethod = 'smoothQuant' | 'channelEqualization' | 'adaptiveRounding' | 'biasCorrection';

/** What was found of a method by quantizing with it and without, and looking at samples that it had not seen. */
export interface MethodFinding {
  readonly method: AccuracyMethod;
  /** Whether it was used: it left no part of an output noisier by more than chance, and helped on the whole. */
  readonly kept: boolean;
  /** How many samples it was judged on; 0 where there were too few. */
  readonly samples: number;
  /** dB less noise with it, as a mean over outputs and the parts of them whose ranges differ. */
  readonly gain?: number;
  /** The same at the part that gained least. */
  readonly leastGain?: { readonly output: string; readonly gain: number };
}

/** The JSON form of `QuantizationParams`: what `toJSON` gives, config files hold and `fromJSON` takes. */
export interface QuantizationSettings {
  readonly calibration: CalibrationSettings;
  readonly activations: QuantizationScheme;
  readonly weights: QuantizationScheme;
  readonly requantization: RequantizationMode;
  readonly biasCorrection: BiasCorrection;
  readonly adaptiveRounding: boolean;
  readonly judgeMethods: boolean;
  readonly channelEqualization: boolean;
  readonly preferInt8Udf: boolean;
  readonly smoothQuant: SmoothQuant;
  readonly unquantizedNodes: readonly string[];
  /** By node name or pattern. */
  readonly customQuantizationConfigs: Readonly<Record<string, NodeQuantizationConfig>>;
}
