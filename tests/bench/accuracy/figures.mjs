// What npm run bench:accuracy makes of a net's outputs on some images: signal to quantization noise of every output and of
// its parts, and whether a difference of two such figures is more than the choice of images explains.

/** How many times images are drawn anew, with repetition, to see how a difference changes with them. */
const RESAMPLINGS = 2000;
/** The part of the resamplings that the interval of a difference leaves out at either end. */
const LEFT_OUT = 0.025;
/** In dB; less of a difference matters to nobody. */
const LARGEST_LOSS = 0.5;

/**
 * A figure is of an output's elements, or of those of some channels: {name, begin, elements, channels, kept}, where `kept`
 * holds the numbers of the channels, or is undefined for all.
 */
export function figuresOf(outputs) {
  let begin = 0;
  return outputs.flatMap(({ name, elements, channels, parts }) => {
    const whole = { name, begin, elements, channels };
    begin += elements;
    return [whole, ...parts.map((part) => ({ ...whole, name: partName(name, part), kept: part.channels }))];
  });
}

function partName(output, { channels, largest }) {
  const count = channels.length === 1 ? 'a channel' : `${channels.length} channels`;
  return `${output}, ${count} to ${Number(largest.toPrecision(2))}`;
}

/** By figure and image, the sum of the squares of `value(element)`, an image's elements being `width` one after another. */
function energies(figures, images, width, value) {
  return figures.map(({ begin, elements, channels, kept }) => {
    const numbers = kept ?? Array.from({ length: channels }, (_, channel) => channel);
    return Array.from({ length: images }, (_, image) => {
      const first = image * width + begin;
      let sum = 0;
      for (let at = first; at < first + elements; at += channels) {
        for (const channel of numbers) sum += value(at + channel) ** 2;
      }
      return sum;
    });
  });
}

/** Noise by figure and image, and signal to noise in dB by figure, of rows of outputs. */
export function measure(outputs, reference, actual) {
  const figures = figuresOf(outputs);
  const width = outputs.reduce((sum, { elements }) => sum + elements, 0);
  const images = reference.length / width;
  const signal = energies(figures, images, width, (i) => reference[i]);
  const noise = energies(figures, images, width, (i) => reference[i] - actual[i]);
  return {
    noise,
    sqnr: noise.map((values, figure) => round(decibels(total(signal[figure]), total(values)))),
  };
}

/**
 * What a method gains at one figure, in dB, from the noise of each image with and without it: {gain, low, high, harms}, the
 * interval being that of 95 % of the resamplings. It harms where it costs more than LARGEST_LOSS, and some whatever the images.
 */
export function comparison(withMethod, without) {
  const random = generator(1);
  const images = withMethod.length;
  const gains = Array.from({ length: RESAMPLINGS }, () => {
    let [better, worse] = [0, 0];
    for (let i = 0; i < images; i++) {
      const image = Math.floor(random() * images);
      better += withMethod[image];
      worse += without[image];
    }
    return decibels(worse, better);
  }).sort((a, b) => a - b);
  const gain = decibels(total(without), total(withMethod));
  const left = Math.floor(LEFT_OUT * RESAMPLINGS);
  const [low, high] = [gains[left], gains[RESAMPLINGS - 1 - left]];
  return { gain: round(gain), low: round(low), high: round(high), harms: gain < -LARGEST_LOSS && high < 0 };
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** 0 where neither has any. */
function decibels(numerator, denominator) {
  return numerator === denominator ? 0 : 10 * Math.log10(numerator / denominator);
}

/** Numbers in [0, 1), the same in every run: Mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function top1(scores, labels) {
  const classes = scores.length / labels.length;
  let right = 0;
  labels.forEach((label, image) => {
    const row = scores.subarray(image * classes, (image + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) right++;
  });
  return round((100 * right) / labels.length);
}

export function round(value) {
  return Math.round(value * 100) / 100;
}
