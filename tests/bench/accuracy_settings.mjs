// What npm run bench:accuracy measures of Octet: settings as changes of a preset's JSON. Which ones this build knows is in
// the preset itself.
import { defaultQuantization, recommendedQuantization } from '../../bindings/js/dist/index.js';

export const METHODS = ['mse', 'min_max', 'moving_average', 'entropy', 'percentile'];
export const REQUANTIZATIONS = ['tflite', 'sima'];

const perTensor = { weights: { ...defaultQuantization.toJSON().weights, perChannel: false } };
const bits4 = { weights: { ...defaultQuantization.toJSON().weights, bits: 4 } };
const int16 = { activations: { asymmetric: false, perChannel: false, bits: 16, bfloat16: false } };
const bfloat16 = { asymmetric: false, perChannel: false, bits: 16, bfloat16: true };

function smooth(search) {
  return { enabled: true, alpha: 0.5, search };
}

/**
 * These keep their own calibration method, and are measured once. `int16Share`: of the multiply-accumulates, those that may
 * read INT16 activations, at nodes chosen by mixedPrecision().
 */
export const RECOMMENDED = [undefined, 0.05, 0.1, 0.2].map((int16Share) => ({
  name: int16Share === undefined ? 'recommended' : `recommended, INT16 for ${100 * int16Share} % of the MACs`,
  int8: int16Share === undefined,
  int16Share,
  changes: recommendedQuantization.toJSON(),
}));

/** A preset's settings that differ from the default's, each as it is there: the methods that the preset turns on. */
function methodsOf(preset) {
  const before = defaultQuantization.toJSON();
  return Object.entries(before).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(preset[name]),
  );
}

/** `adaptiveRounding` as people write it. */
function words(name) {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The recommended settings without one of their methods, to see what it gives; measured once, as those are. */
export const WITHOUT = methodsOf(recommendedQuantization.toJSON()).map(([name, before]) => ({
  name: `recommended - ${words(name)}`,
  without: words(name),
  int8: true,
  changes: { ...recommendedQuantization.toJSON(), [name]: before },
}));

/** What INT8 is held to, in dB of lead over the best peer: the median of the families' medians, and the least of them. */
export const TARGETS = [
  { setting: 'default', requantization: 'tflite', median: 0 },
  { setting: 'recommended', requantization: 'tflite', median: 3, least: 0 },
  { setting: 'recommended', requantization: 'sima', median: 3, least: 0 },
];

/**
 * `int8`: counts among the INT8 settings, of which the best is looked for. `everyMethod`: is measured with each calibration
 * method where that is asked for; activations in BF16 have no range to choose.
 */
export const SETTINGS = [
  { name: 'default', changes: {}, int8: true, everyMethod: true },
  { name: 'per-tensor weights', changes: perTensor, everyMethod: true },
  {
    name: 'per-tensor weights, equalization',
    changes: { ...perTensor, channelEqualization: true },
    everyMethod: true,
  },
  { name: 'equalization', changes: { channelEqualization: true }, int8: true },
  { name: 'smooth quant', changes: { smoothQuant: smooth(false) }, int8: true },
  { name: 'smooth quant, searched', changes: { smoothQuant: smooth(true) }, int8: true },
  { name: 'bias correction, regular', changes: { biasCorrection: 'regular' }, int8: true, everyMethod: true },
  {
    name: 'bias correction, iterative',
    changes: { biasCorrection: 'iterative' },
    int8: true,
    everyMethod: true,
  },
  {
    name: 'per-tensor weights, bias correction, iterative',
    changes: { ...perTensor, biasCorrection: 'iterative' },
  },
  { name: 'adaptive rounding', changes: { adaptiveRounding: true }, int8: true, everyMethod: true },
  {
    name: 'adaptive rounding, bias correction, iterative',
    changes: { adaptiveRounding: true, biasCorrection: 'iterative' },
    int8: true,
  },
  { name: 'INT16 results of functions', changes: { preferInt8Udf: false } },
  { name: '16x8', changes: int16, requantizations: ['tflite'], everyMethod: true },
  { name: 'BF16', changes: { activations: bfloat16, weights: bfloat16 }, target: 'gen2' },
  { name: 'BF16, INT8 weights', changes: { activations: bfloat16 }, target: 'gen2' },
  { name: '4-bit weights', changes: bits4, everyMethod: true },
  {
    name: '4-bit weights, adaptive rounding',
    changes: { ...bits4, adaptiveRounding: true },
    everyMethod: true,
  },
];
