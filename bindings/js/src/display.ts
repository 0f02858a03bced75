// How figures, shapes and errors are shown: the same on the page and in reports.

import type { AccuracyMethod, MethodFinding } from './types.js';

/** What accuracy methods are called in sentences. */
const METHODS: Readonly<Record<AccuracyMethod, string>> = {
  smoothQuant: 'Smooth quant',
  channelEqualization: 'Channel equalization',
  adaptiveRounding: 'Adaptive rounding',
  biasCorrection: 'Bias correction',
};

/** At or above it an error is not worth a colour. */
export const CALM_DB = 40;
/** At or below it the colour is at its strongest. */
export const HOT_DB = 5;

/** Further runs of channels are left out. */
const MOST_RUNS = 6;

/** How strongly a ratio is coloured, 0 to 1: most layers of a good INT8 model lie at 20 to 35 dB, and should look calm. */
export function tintOf(sqnr: number): number {
  return heatOf(sqnr) ** 1.6;
}

/** 0 (calm) to 1 (hot) for a signal-to-noise ratio in dB. */
export function heatOf(sqnr: number): number {
  if (!Number.isFinite(sqnr)) return 0;
  return Math.min(1, Math.max(0, (CALM_DB - sqnr) / (CALM_DB - HOT_DB)));
}

/** "28×28×16": a batch of 1 is left out. */
export function shapeText(shape: readonly number[]): string {
  const inner = shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape;
  return inner.length === 0 ? 'scalar' : inner.join('×');
}

/** A number with four significant digits, never in a longer form than needed. */
export function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7)
    return value.toLocaleString('en').replaceAll('-', '−');
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(2) : value.toPrecision(4);
  return text.replaceAll('-', '−');
}

/** 1,234,567 as "1.23 M". */
export function count(value: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  for (const [step, suffix] of steps) {
    if (value >= step) return `${(value / step).toPrecision(3)} ${suffix}`;
  }
  return String(value);
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 999_500) return `${(value / 1e3).toPrecision(3)} kB`;
  return `${(value / 1e6).toPrecision(3)} MB`;
}

export function decibels(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(1).replace('-', '−')} dB` : 'exact';
}

export function percent(value: number, digits = 1): string {
  return `${(value * 100).toFixed(digits)} %`;
}

/** A share in whole percent that does not round something to nothing, or nearly all to all. */
export function share(value: number): string {
  if (value > 0 && value < 0.005) return '<1 %';
  return value < 1 && value >= 0.995 ? '>99 %' : percent(value, 0);
}

export function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} ms`;
  if (value < 1000) return `${value.toFixed(0)} ms`;
  return duration(value / 1000);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${Math.round(seconds - minutes * 60)} s`;
}

/** Ascending positions of an axis, with runs by their ends: "0–3, 7". */
export function channelsText(channels: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const channel of channels) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] + 1 === channel) run[1] = channel;
    else runs.push([channel, channel]);
  }
  const named = runs
    .slice(0, MOST_RUNS)
    .map(([first, last]) => (first === last ? first : `${first}–${last}`));
  return [...named, ...(runs.length > MOST_RUNS ? ['…'] : [])].join(', ');
}

/** A name that a converter joined of many, as short as it stays recognisable: "batchnorm/add_1". */
export function shortName(name: string): string {
  const [first = name] = name.split(';');
  return first.split('/').slice(-2).join('/');
}

/** Node and tensor names in a sentence of the core's, which may be very long, made short. */
export function withLabels(sentence: string): string {
  return sentence.replaceAll(/'([^']*[/;][^']*)'/g, (_, name: string) => `'${shortName(name)}'`);
}

/** Whether an accuracy method was used, and why, in a sentence. */
export function methodSentence({ method, kept, samples, gain = 0, leastGain }: MethodFinding): string {
  const name = METHODS[method];
  if (samples === 0)
    return `${name} was left out: there are too few samples to judge it by; six that differ are enough.`;
  const least =
    leastGain === undefined
      ? ''
      : `, ${decibels(leastGain.gain)} at '${leastGain.output}', which gains least`;
  const judged = `on ${samples} samples that it had not seen, outputs gain ${decibels(gain)} by it as a mean${least}`;
  return `${name} was ${kept ? 'used' : 'left out'}: ${judged}.`;
}
