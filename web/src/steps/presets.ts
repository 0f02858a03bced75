// The usual settings in one choice. A preset leaves the arithmetic, which belongs to the target, and the precisions of
// single nodes as they are.

import {
  bfloat16Quantization,
  bfloat16Scheme,
  defaultQuantization,
  int16Quantization,
  type QuantizationParams,
  quantizationScheme,
  recommendedQuantization,
  type Target,
} from 'octet-quant';

export interface Preset {
  readonly name: string;
  readonly what: string;
  readonly params: QuantizationParams;
  /** The targets that compute so. */
  readonly targets: readonly Target[];
}

export const PRESETS: readonly Preset[] = [
  {
    name: 'INT8, recommended',
    what: 'The most accurate INT8: weights rounded and biases corrected on your images, in further passes over them.',
    params: recommendedQuantization,
    targets: ['gen1', 'gen2', 'tflite'],
  },
  {
    name: 'INT8, quick',
    what: 'The SDK’s default: ranges are found in one pass, no more is done.',
    params: defaultQuantization,
    targets: ['gen1', 'gen2', 'tflite'],
  },
  {
    name: '4-bit weights',
    what: 'As recommended, with weights two a byte: nearly half the file of INT8, and less accurate.',
    params: recommendedQuantization.withWeightQuantization(
      quantizationScheme({ asymmetric: false, perChannel: true, bits: 4 }),
    ),
    targets: ['gen1', 'gen2', 'tflite'],
  },
  {
    name: '16x8',
    what: 'INT16 activations with INT8 weights: near float, the same file size, slower than INT8.',
    params: int16Quantization,
    targets: ['gen1', 'gen2', 'tflite'],
  },
  {
    name: 'BF16',
    what: 'Half the size of float, and close to it. A .tflite holds it as float32.',
    params: bfloat16Quantization,
    targets: ['gen2'],
  },
  {
    name: 'BF16 with INT8 weights',
    what: 'A quarter of the size of float; only the rounding of the weights shows.',
    params: defaultQuantization.withActivationQuantization(bfloat16Scheme()),
    targets: ['gen2'],
  },
];

export function withPreset(params: QuantizationParams, preset: Preset): QuantizationParams {
  return preset.params
    .withRequantizationMode(params.requantization)
    .withUnquantizedNodes(params.unquantizedNodes)
    .withCustomQuantizationConfigs(params.customQuantizationConfigs);
}

/** The preset that these settings are, if any. */
export function presetOf(params: QuantizationParams, target: Target): Preset | undefined {
  const text = JSON.stringify(params);
  return PRESETS.find(
    (preset) => preset.targets.includes(target) && JSON.stringify(withPreset(params, preset)) === text,
  );
}
