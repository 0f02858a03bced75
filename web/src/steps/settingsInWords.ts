// The settings of a run as short parts of a list, for tables and reports.

import type { QuantizationSettings } from 'octet-quant';
import { chosenNodes, NUMBERS_NAMES, numbersOf, PRECISION_NAMES, TARGET_NAMES } from '../model/precision';
import type { Run } from '../model/types';

export function settingsInWords({ target, settings }: Pick<Run, 'target' | 'settings'>): readonly string[] {
  const numbers = numbersOf(settings);
  const { activations, weights, calibration, requantization } = settings;
  return [
    TARGET_NAMES[target],
    NUMBERS_NAMES[numbers],
    numbers === 'BFLOAT_16' || numbers === 'BFLOAT_16_INT8_WEIGHTS'
      ? ''
      : calibration.method.replace('_', ' '),
    numbers === 'INT8' && !activations.asymmetric ? 'symmetric' : '',
    !weights.bfloat16 && weights.bits === 4 ? '4-bit weights' : '',
    !weights.bfloat16 && !weights.perChannel ? 'weights per tensor' : '',
    numbers === 'INT8' && !settings.preferInt8Udf ? 'functions in 16 bits' : '',
    settings.channelEqualization ? 'equalized' : '',
    settings.smoothQuant.enabled ? 'smoothed' : '',
    settings.adaptiveRounding ? 'adaptive rounding' : '',
    { none: '', regular: 'bias corrected', iterative: 'bias corrected iteratively' }[settings.biasCorrection],
    numbers === 'BFLOAT_16' ? '' : requantization === 'tflite' ? 'TFLite arithmetic' : 'shifts',
    ...ownCounts(settings),
  ].filter((part) => part !== '');
}

/** "3 nodes in INT16", "2 nodes with settings of their own". */
function ownCounts(settings: QuantizationSettings): readonly string[] {
  const counts = new Map<string, number>();
  for (const { precision } of chosenNodes(settings)) {
    const name = precision === 'SCHEME' ? 'with settings of their own' : `in ${PRECISION_NAMES[precision]}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${count === 1 ? 'node' : 'nodes'} ${name}`);
}
