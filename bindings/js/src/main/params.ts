// QuantizationParams: everything a user chooses about quantization, immutable and checked when made.

import { SETTINGS } from '../generated/settings.js';
import type {
  BiasCorrection,
  CalibrationMethodName,
  CalibrationSettings,
  NodePrecision,
  NodeQuantizationConfig,
  QuantizationScheme,
  QuantizationSettings,
  RequantizationMode,
  SmoothQuant,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import { checkChoice } from './choices.js';

const { choices: CHOICES, limits: LIMITS, presets: PRESETS } = SETTINGS;

/** Parameters of a calibration method; those that it does not use are ignored. */
export interface CalibrationOptions {
  /** Histogram bins, a power of two from 128 to 16384. Default 2048. */
  readonly numBins?: number;
  /** Percentage of values that 'percentile' keeps, above 50 and at most 100. Default 99.99. */
  readonly percentile?: number;
  /** Weight of the newest sample in 'moving_average', above 0 and at most 1. Default 0.01. */
  readonly movingAverageConstant?: number;
}

/** How ranges are chosen from what calibration saw. */
export class CalibrationMethod {
  readonly numBins: number;
  readonly percentile: number;
  readonly movingAverageConstant: number;

  private constructor(
    readonly method: CalibrationMethodName,
    options: CalibrationOptions,
  ) {
    const defaults = PRESETS.default.calibration;
    this.numBins = options.numBins ?? defaults.numBins;
    this.percentile = options.percentile ?? defaults.percentile;
    this.movingAverageConstant = options.movingAverageConstant ?? defaults.movingAverageConstant;
    checkLimits('numBins', this.numBins);
    checkLimits('percentile', this.percentile);
    checkLimits('movingAverageConstant', this.movingAverageConstant);
    Object.freeze(this);
  }

  /** The method of that name: see `CalibrationMethodName`. */
  static fromStr(name: string, options: CalibrationOptions = {}): CalibrationMethod {
    const method = CHOICES.method.find((known) => known === name);
    if (method === undefined) {
      throw invalid(
        `There is no calibration method '${name}'; the methods are ${CHOICES.method.join(', ')}.`,
      );
    }
    return new CalibrationMethod(method, options);
  }

  /** Another method with the same parameters. */
  withMethod(name: string): CalibrationMethod {
    return CalibrationMethod.fromStr(name, this);
  }
}

/**
 * A choice of integers. `bits` is 8; or 16 for activations, which are symmetric then; or 4 for weights, which files hold
 * two a byte. Scales of 4 bits are chosen for small errors, and clip the largest weights where that lowers them.
 */
export function quantizationScheme(scheme: {
  readonly asymmetric: boolean;
  readonly perChannel: boolean;
  readonly bits?: number;
}): QuantizationScheme {
  const { asymmetric, perChannel, bits = 8 } = scheme;
  check(
    bits === 4 || bits === 8 || bits === 16,
    `bits is ${bits}; integers of 8 bits are supported, of 16 for activations, of 4 for weights.`,
  );
  return Object.freeze({ asymmetric, perChannel, bits, bfloat16: false });
}

/** BF16, the upper half of a float32, in place of integers: on gen2 alone. */
export function bfloat16Scheme(): QuantizationScheme {
  return Object.freeze({ asymmetric: false, perChannel: false, bits: 16, bfloat16: true });
}

/** Settings of a quantization. The with… functions return a changed copy. */
export class QuantizationParams {
  readonly calibration: CalibrationMethod;
  readonly activations: QuantizationScheme;
  readonly weights: QuantizationScheme;
  readonly requantization: RequantizationMode;
  readonly biasCorrection: BiasCorrection;
  readonly adaptiveRounding: boolean;
  readonly judgeMethods: boolean;
  readonly channelEqualization: boolean;
  readonly preferInt8Udf: boolean;
  readonly smoothQuant: SmoothQuant;
  readonly unquantizedNodes: ReadonlySet<string>;
  readonly customQuantizationConfigs: ReadonlyMap<string, NodeQuantizationConfig>;

  private constructor(parts: Parts) {
    checkWeights(parts.weights);
    checkActivations(parts.activations);
    for (const [name, config] of parts.customQuantizationConfigs) checkConfig(name, config);
    checkChoice('requantization', parts.requantization, CHOICES.requantization);
    checkChoice('biasCorrection', parts.biasCorrection, CHOICES.biasCorrection);
    checkLimits('alpha', parts.smoothQuant.alpha, 'smoothQuant.alpha');
    this.calibration = parts.calibration;
    this.activations = parts.activations;
    this.weights = parts.weights;
    this.requantization = parts.requantization;
    this.biasCorrection = parts.biasCorrection;
    this.adaptiveRounding = parts.adaptiveRounding;
    this.judgeMethods = parts.judgeMethods;
    this.channelEqualization = parts.channelEqualization;
    this.preferInt8Udf = parts.preferInt8Udf;
    this.smoothQuant = Object.freeze({ ...parts.smoothQuant });
    this.unquantizedNodes = new Set(parts.unquantizedNodes);
    this.customQuantizationConfigs = new Map(parts.customQuantizationConfigs);
    Object.freeze(this);
  }

  withCalibration(method: CalibrationMethod | CalibrationMethodName): QuantizationParams {
    const calibration = typeof method === 'string' ? CalibrationMethod.fromStr(method) : method;
    return this.with({ calibration });
  }

  withActivationQuantization(activations: QuantizationScheme): QuantizationParams {
    return this.with({ activations });
  }

  withWeightQuantization(weights: QuantizationScheme): QuantizationParams {
    return this.with({ weights });
  }

  withRequantizationMode(requantization: RequantizationMode): QuantizationParams {
    return this.with({ requantization });
  }

  /**
   * Lets the biases of integer layers make up for the mean error of their sums. `'regular'`, or true: by what rounding
   * the weights costs at the float net's mean input; one further pass over the samples. `'iterative'`: by all that the
   * quantized net's sums lack, with the layers before already corrected; two further passes.
   */
  withBiasCorrection(correction: boolean | BiasCorrection): QuantizationParams {
    if (typeof correction !== 'boolean') return this.with({ biasCorrection: correction });
    return this.with({ biasCorrection: correction ? 'regular' : 'none' });
  }

  /**
   * Rounds the weights of integer layers for a small error of the layers' outputs on the samples, not for small errors
   * of the weights: one further pass over the samples, shared with bias correction.
   */
  withAdaptiveRounding(adaptiveRounding = true): QuantizationParams {
    return this.with({ adaptiveRounding });
  }

  /**
   * Tries the methods that the settings turn on (smooth quant, channel equalization, adaptive rounding, bias correction)
   * on at most 24 of the samples, judges each on at most 12 others, and uses those alone that help: that leave no part of an
   * output noisier by more than chance. What was found is in the model's report. With fewer than six samples that differ,
   * none is used.
   */
  withJudgedMethods(judgeMethods = true): QuantizationParams {
    return this.with({ judgeMethods });
  }

  /**
   * Scales channels between layers so that the weights before and behind have magnitudes alike (cross-layer
   * equalization). The float result stays the same; weights with one scale a tensor lose much less. Layers whose
   * activation is RELU6 keep their outputs as they are. Then takes off what a channel behind RELU never fell below in
   * the samples (bias absorption), which takes a pass over them.
   */
  withChannelEqualization(channelEqualization = true): QuantizationParams {
    return this.with({ channelEqualization });
  }

  /**
   * Whether functions that are looked up in tables (LOGISTIC, TANH, HARD_SWISH, EXP, …) keep INT8 results in INT8 nets.
   * False: they get INT16 results where all that read them take those: nodes that are not INT8, outputs of the model,
   * and ADD, SUB and MUL, which then compute in INT16 too. Nodes with a precision of their own keep it.
   */
  withPreferInt8Udf(preferInt8Udf: boolean): QuantizationParams {
    return this.with({ preferInt8Udf });
  }

  /**
   * Scales channels whose values stay small on the samples up, and the weights that read them down, so that one scale a
   * tensor serves all channels (smooth quant): one further pass over the samples, before calibration. `alpha` is how far,
   * from 0 to 1 (default 0.5); with `search` it is found between layer and layer. Meant for weights per channel.
   */
  withSmoothQuant(
    smoothQuant: boolean | { readonly alpha?: number; readonly search?: boolean } = true,
  ): QuantizationParams {
    const enabled = smoothQuant !== false;
    const given = typeof smoothQuant === 'boolean' ? {} : smoothQuant;
    return this.with({ smoothQuant: { ...PRESETS.default.smoothQuant, enabled, ...given } });
  }

  /**
   * Names of nodes, whole or as their labels, that stay in float, or patterns in which `*` stands for any characters and
   * `?` for one. They go before custom configs.
   */
  withUnquantizedNodes(unquantizedNodes: Iterable<string>): QuantizationParams {
    return this.with({ unquantizedNodes: new Set(unquantizedNodes) });
  }

  /**
   * Precisions, schemes and calibration methods of single nodes, by name, whole or as its label, or by a pattern in which
   * `*` stands for any characters and `?` for one. A node that several match takes the entry of its name, else that of the
   * last pattern in alphabetical order.
   */
  withCustomQuantizationConfigs(
    configs: Readonly<Record<string, NodeQuantizationConfig>> | ReadonlyMap<string, NodeQuantizationConfig>,
  ): QuantizationParams {
    const entries = configs instanceof Map ? [...configs] : Object.entries(configs);
    return this.with({ customQuantizationConfigs: new Map(entries) });
  }

  toJSON(): QuantizationSettings {
    return {
      calibration: settingsOf(this.calibration),
      activations: this.activations,
      weights: this.weights,
      requantization: this.requantization,
      biasCorrection: this.biasCorrection,
      adaptiveRounding: this.adaptiveRounding,
      judgeMethods: this.judgeMethods,
      channelEqualization: this.channelEqualization,
      preferInt8Udf: this.preferInt8Udf,
      smoothQuant: this.smoothQuant,
      unquantizedNodes: [...this.unquantizedNodes].sort(),
      customQuantizationConfigs: Object.fromEntries(
        [...this.customQuantizationConfigs].sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    };
  }

  /** The settings of a config file. What is absent is as in `defaultQuantization`; an unknown field is an error. */
  static fromJSON(json: unknown): QuantizationParams {
    const defaults: QuantizationSettings = PRESETS.default;
    const settings = fields(json, defaults, 'The settings');
    const unquantizedNodes = settings.unquantizedNodes;
    check(
      Array.isArray(unquantizedNodes) && unquantizedNodes.every((name) => typeof name === 'string'),
      'unquantizedNodes must be a list of names.',
    );
    return new QuantizationParams({
      calibration: methodOf(settings.calibration, 'calibration'),
      activations: schemeOf(fields(settings.activations, defaults.activations, 'activations')),
      weights: schemeOf(fields(settings.weights, defaults.weights, 'weights')),
      requantization: settings.requantization,
      biasCorrection: settings.biasCorrection,
      adaptiveRounding: settings.adaptiveRounding,
      judgeMethods: settings.judgeMethods,
      channelEqualization: settings.channelEqualization,
      preferInt8Udf: settings.preferInt8Udf,
      smoothQuant: fields(settings.smoothQuant, defaults.smoothQuant, 'smoothQuant'),
      unquantizedNodes: new Set(unquantizedNodes),
      customQuantizationConfigs: new Map(
        Object.entries(settings.customQuantizationConfigs).map(([name, config]) => [
          name,
          configOf(config, `customQuantizationConfigs['${name}']`),
        ]),
      ),
    });
  }

  /** The SDK's defaults: mse, asymmetric activations, symmetric weights per channel, sima. */
  static readonly default: QuantizationParams = QuantizationParams.fromJSON(PRESETS.default);

  private with(changes: Partial<Parts>): QuantizationParams {
    return new QuantizationParams({ ...this, ...changes });
  }
}

/** The SDK's default: INT8, mse calibration, asymmetric activations, symmetric per-channel weights. */
export const defaultQuantization: QuantizationParams = QuantizationParams.default;

/**
 * Octet's own choice for INT8, and what the page and the command start from: the default, with channels smoothed, weights
 * rounded adaptively and biases corrected iteratively, each as far as it helps the net at hand.
 */
export const recommendedQuantization: QuantizationParams = QuantizationParams.fromJSON(PRESETS.recommended);

/** INT16 activations, symmetric, with INT8 weights ("16x8"). */
export const int16Quantization: QuantizationParams = QuantizationParams.fromJSON(PRESETS.int16);

/** BF16 activations and weights: gen2 alone. */
export const bfloat16Quantization: QuantizationParams = QuantizationParams.fromJSON(PRESETS.bfloat16);

interface Parts {
  readonly calibration: CalibrationMethod;
  readonly activations: QuantizationScheme;
  readonly weights: QuantizationScheme;
  readonly requantization: RequantizationMode;
  readonly biasCorrection: BiasCorrection;
  readonly adaptiveRounding: boolean;
  readonly judgeMethods: boolean;
  readonly channelEqualization: boolean;
  readonly preferInt8Udf: boolean;
  readonly smoothQuant: SmoothQuant;
  readonly unquantizedNodes: ReadonlySet<string>;
  readonly customQuantizationConfigs: ReadonlyMap<string, NodeQuantizationConfig>;
}

function checkWeights({ asymmetric, bits, bfloat16 }: QuantizationScheme): void {
  check(
    !asymmetric,
    'Asymmetric weights were asked for; weights are symmetric.',
    'Use quantizationScheme({ asymmetric: false, perChannel: true }) for weights.',
  );
  check(
    bits !== 16 || bfloat16,
    `Weights of ${bits} bits were asked for; weights have 8 or 4, or are BF16.`,
    'Use quantizationScheme({ asymmetric: false, perChannel: true }) or bfloat16Scheme() for weights.',
  );
}

function checkActivations({ asymmetric, perChannel, bits }: QuantizationScheme): void {
  check(
    !perChannel,
    'Per-channel activations were asked for; activations have one scale a tensor.',
    'Use quantizationScheme({ asymmetric: true, perChannel: false }) for activations.',
  );
  check(
    bits !== 4,
    'Activations of 4 bits were asked for; activations have 8 or 16, or are BF16.',
    'Use quantizationScheme({ asymmetric: true, perChannel: false }) or bfloat16Scheme() for activations.',
  );
  check(
    bits === 8 || !asymmetric,
    'Asymmetric activations of 16 bits were asked for; those are symmetric.',
    'Use quantizationScheme({ asymmetric: false, perChannel: false, bits: 16 }) for activations.',
  );
}

function checkConfig(name: string, config: NodeQuantizationConfig): void {
  const { quantizationPrecision: precision, activationScheme, weightScheme, calibration } = config;
  check(
    [precision, activationScheme, weightScheme, calibration].some((part) => part !== undefined),
    `The config of '${name}' is empty.`,
    'Give quantizationPrecision, activationScheme, weightScheme or calibration.',
  );
  if (activationScheme !== undefined) checkActivations(activationScheme);
  if (weightScheme !== undefined) checkWeights(weightScheme);
  if (precision === undefined) return;
  checkChoice(`quantizationPrecision of '${name}'`, precision, CHOICES.quantizationPrecision);
  check(
    agrees(precision, activationScheme, weightScheme),
    `The schemes of '${name}' are not of its precision, ${precision}.`,
    'Leave out quantizationPrecision, or the scheme.',
  );
}

/** Whether the schemes that a node has are of the kind that its precision computes with. */
function agrees(
  precision: NodePrecision,
  activations: QuantizationScheme | undefined,
  weights: QuantizationScheme | undefined,
): boolean {
  if (precision === 'FLOAT') return activations === undefined && weights === undefined;
  const bfloat16 = precision.startsWith('BFLOAT_16');
  const bits = precision === 'INT8' ? 8 : 16;
  return (
    (activations === undefined || (activations.bfloat16 === bfloat16 && activations.bits === bits)) &&
    (weights === undefined || weights.bfloat16 === (precision === 'BFLOAT_16'))
  );
}

/** An entry of customQuantizationConfigs; what its schemes leave out is the default. */
function configOf(json: unknown, what: string): NodeQuantizationConfig {
  const { calibration, activations, weights }: QuantizationSettings = PRESETS.default;
  const any = {
    quantizationPrecision: 'INT8' as NodePrecision,
    activationScheme: activations,
    weightScheme: weights,
    calibration,
  };
  const complete = fields(json, any, what);
  const given = (name: keyof typeof any): boolean => Object.hasOwn(Object(json), name);
  const scheme = (name: 'activationScheme' | 'weightScheme') =>
    given(name) ? { [name]: schemeOf(fields(complete[name], any[name], `${what}.${name}`)) } : {};
  return {
    ...(given('quantizationPrecision') ? { quantizationPrecision: complete.quantizationPrecision } : {}),
    ...scheme('activationScheme'),
    ...scheme('weightScheme'),
    ...(given('calibration')
      ? { calibration: settingsOf(methodOf(complete.calibration, `${what}.calibration`)) }
      : {}),
  };
}

function settingsOf(calibration: CalibrationMethod): CalibrationSettings {
  const { method, numBins, percentile, movingAverageConstant } = calibration;
  return { method, numBins, percentile, movingAverageConstant };
}

function methodOf(json: unknown, what: string): CalibrationMethod {
  const { method, ...options } = fields<CalibrationSettings>(json, PRESETS.default.calibration, what);
  return CalibrationMethod.fromStr(method, options);
}

function schemeOf(scheme: QuantizationScheme): QuantizationScheme {
  return scheme.bfloat16 ? bfloat16Scheme() : quantizationScheme(scheme);
}

/** `json` completed with `defaults`; every field that is there must be known and of the default's type. */
function fields<T extends object>(json: unknown, defaults: T, what: string): T {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(`${what} must be a JSON object.`);
  }
  for (const [name, value] of Object.entries(json)) {
    const known: unknown = Reflect.get(defaults, name);
    if (known === undefined) {
      throw invalid(`${what} cannot have '${name}'; the fields are ${Object.keys(defaults).join(', ')}.`);
    }
    check(typeof value === typeof known, `'${name}' must be a ${typeof known}.`);
  }
  return { ...defaults, ...json };
}

/** Throws where a number is beyond what the field of that name allows. */
function checkLimits(name: keyof typeof LIMITS, value: number, shown: string = name): void {
  const { least, most, aboveLeast, powerOfTwo, inWords } = LIMITS[name];
  const isWithin = (aboveLeast ? value > least : value >= least) && value <= most;
  check(
    isWithin && (!powerOfTwo || Number.isInteger(Math.log2(value))),
    `${shown} is ${value}; it must be ${inWords}.`,
  );
}

function check(condition: boolean, message: string, hint = ''): asserts condition {
  if (!condition) throw invalid(message, hint);
}

function invalid(message: string, hint = ''): OctetError {
  return new OctetError({ code: 'INVALID_CONFIG', message, hint });
}
