// What single nodes compute in: chosen in the network, the table, the inspector or the list of errors; kept in the settings.

import {
  bfloat16Scheme,
  type CalibrationMethodName,
  defaultQuantization,
  int16Quantization,
  type NodePrecision,
  type NodeQuantizationConfig,
  type QuantizationParams,
  type QuantizationSettings,
  type Target,
} from 'octet-quant';

/** A precision of a node's own, or what the settings give to all. */
export type NodeChoice = NodePrecision | 'DEFAULT';

/** What a node has of its own: a precision, or else schemes or a calibration method. */
export type OwnChoice = NodePrecision | 'SCHEME';

export const PRECISION_NAMES: Readonly<Record<OwnChoice, string>> = {
  INT8: 'INT8',
  INT16: 'INT16',
  BFLOAT_16: 'BF16',
  BFLOAT_16_INT8_WEIGHTS: 'BF16, INT8 weights',
  FLOAT: 'float',
  SCHEME: 'settings of its own',
};

export const TARGET_NAMES: Readonly<Record<Target, string>> = {
  gen1: 'MLSoC',
  gen2: 'Modalix',
  tflite: 'TFLite',
};

export const METHOD_NAMES: Readonly<Record<CalibrationMethodName, string>> = {
  mse: 'Least squared error',
  min_max: 'Smallest and largest',
  moving_average: 'Moving average of extremes',
  entropy: 'Entropy (KL divergence)',
  percentile: 'Percentile',
};

/** What a node of the accelerator can be given on `target`. */
export function choicesOn(target: Target): readonly NodePrecision[] {
  return target === 'gen2'
    ? ['INT8', 'INT16', 'BFLOAT_16', 'BFLOAT_16_INT8_WEIGHTS', 'FLOAT']
    : ['INT8', 'INT16', 'FLOAT'];
}

/** Precisions to mend a node with that computes in `numbers` by default, the cheapest first. */
export function remediesOn(target: Target, numbers: Numbers): readonly NodePrecision[] {
  const remedies: NodePrecision[] = ['FLOAT'];
  if (target === 'gen2' && numbers !== 'BFLOAT_16') remedies.unshift('BFLOAT_16');
  if (numbers === 'INT8') remedies.unshift('INT16');
  return remedies;
}

export function choiceOf(params: QuantizationParams, node: string): NodeChoice {
  if (params.unquantizedNodes.has(node)) return 'FLOAT';
  return params.customQuantizationConfigs.get(node)?.quantizationPrecision ?? 'DEFAULT';
}

/** The nodes that have a precision or other settings of their own, by name or pattern. */
export function chosenNodes(
  settings: QuantizationSettings,
): readonly { readonly node: string; readonly precision: OwnChoice }[] {
  const configs = Object.entries(settings.customQuantizationConfigs).map(([node, config]) => ({
    node,
    precision: config.quantizationPrecision ?? ('SCHEME' as const),
  }));
  const kept = settings.unquantizedNodes.map((node) => ({ node, precision: 'FLOAT' }) as const);
  return [...kept, ...configs.filter(({ node }) => !settings.unquantizedNodes.includes(node))];
}

export function withChoice(
  params: QuantizationParams,
  nodes: Iterable<string>,
  choice: NodeChoice,
): QuantizationParams {
  const unquantized = new Set(params.unquantizedNodes);
  const configs = new Map(params.customQuantizationConfigs);
  for (const node of nodes) {
    unquantized.delete(node);
    configs.delete(node);
    if (choice === 'FLOAT') unquantized.add(node);
    else if (choice !== 'DEFAULT') configs.set(node, { quantizationPrecision: choice });
  }
  return params.withUnquantizedNodes(unquantized).withCustomQuantizationConfigs(configs);
}

/** Settings of a node's own in place of those that it had; none where they are empty. */
export function withConfig(
  params: QuantizationParams,
  node: string,
  config: NodeQuantizationConfig,
): QuantizationParams {
  const configs = new Map(params.customQuantizationConfigs);
  if (Object.keys(config).length === 0) configs.delete(node);
  else configs.set(node, config);
  return params.withCustomQuantizationConfigs(configs);
}

function isOn(config: NodeQuantizationConfig, target: Target): boolean {
  const { quantizationPrecision: precision, activationScheme, weightScheme } = config;
  if (precision !== undefined) return choicesOn(target).includes(precision);
  return target === 'gen2' || !(activationScheme?.bfloat16 || weightScheme?.bfloat16);
}

/** The settings as far as `target` and its nodes allow them: what neither has is left out. */
export function fittedTo(
  params: QuantizationParams,
  target: Target,
  isNode: (name: string) => boolean,
): QuantizationParams {
  const isKnown = (name: string): boolean => /[*?]/.test(name) || isNode(name);
  const configs = [...params.customQuantizationConfigs].filter(
    ([name, config]) => isKnown(name) && isOn(config, target),
  );
  const numbers = numbersOf(params);
  return withNumbers(params, target === 'gen2' || numbers === 'INT16' ? numbers : 'INT8')
    .withUnquantizedNodes([...params.unquantizedNodes].filter(isKnown))
    .withCustomQuantizationConfigs(new Map(configs));
}

/** What all nodes compute in that have no precision of their own. */
export type Numbers = 'INT8' | 'INT16' | 'BFLOAT_16' | 'BFLOAT_16_INT8_WEIGHTS';

export const NUMBERS_NAMES: Readonly<Record<Numbers, string>> = {
  INT8: 'INT8',
  INT16: '16x8',
  BFLOAT_16: 'BF16',
  BFLOAT_16_INT8_WEIGHTS: 'BF16, INT8 weights',
};

/** What activations are called, which is what outputs are made of. */
export function activationsName(settings: QuantizationSettings): string {
  const numbers = numbersOf(settings);
  return numbers === 'INT8' || numbers === 'INT16' ? numbers : 'BF16';
}

/** Whether weights and activations are integers, so that a .tflite holds the model as what it is. */
export function inIntegers(settings: QuantizationSettings): boolean {
  return !settings.activations.bfloat16 && !settings.weights.bfloat16;
}

export function numbersOf({ activations, weights }: QuantizationParams | QuantizationSettings): Numbers {
  if (!activations.bfloat16) return activations.bits === 16 ? 'INT16' : 'INT8';
  return weights.bfloat16 ? 'BFLOAT_16' : 'BFLOAT_16_INT8_WEIGHTS';
}

/** Other numbers; the choice of integers stays as it is where it was made. */
function withNumbers(params: QuantizationParams, numbers: Numbers): QuantizationParams {
  const { activations, weights } = params;
  const integerWeights = weights.bfloat16 ? defaultQuantization.weights : weights;
  if (numbers === 'INT8' || numbers === 'INT16') {
    const { activations: usual } = numbers === 'INT8' ? defaultQuantization : int16Quantization;
    return params
      .withActivationQuantization(numbers === numbersOf(params) ? activations : usual)
      .withWeightQuantization(integerWeights);
  }
  return params
    .withActivationQuantization(bfloat16Scheme())
    .withWeightQuantization(numbers === 'BFLOAT_16' ? bfloat16Scheme() : integerWeights);
}
