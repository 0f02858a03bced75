// Statistics of models that find boxes. Matching and averaging are COCO's: for each class and threshold, detections take
// the box that they share most with, best score first; precision is read at 101 recalls, 0, 0.01, … 1.
// Source: pycocotools/cocoeval.py, for objects of all sizes.

import type { TensorMap } from '../types.js';
import { OctetError } from '../wire/errors.js';
import { realValues } from '../wire/tensor.js';
import type {
  AveragePrecisions,
  Box,
  DetectedBox,
  DetectionOptions,
  LabelledBox,
  Statistic,
} from './types.js';

const COCO_THRESHOLDS = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);
/** As multiples of a step, whose rounding decides where a recall is just reached. */
const RECALLS = Array.from({ length: 101 }, (_, step) => step * 0.01);
const MOST_DETECTIONS = 100;

/** The mean average precision of boxes, from 0 to 1: `mean` of `averagePrecisions`. */
export function meanAveragePrecision(options: DetectionOptions = {}): Statistic<readonly LabelledBox[]> {
  const precisions = averagePrecisions(options);
  return {
    add: (outputs, truth) => precisions.add(outputs, truth),
    result: () => precisions.result().mean,
  };
}

/** The average precisions of boxes, by class and by threshold, and their mean. */
export function averagePrecisions(
  options: DetectionOptions = {},
): Statistic<readonly LabelledBox[], AveragePrecisions> {
  const { boxesOf = postprocessedBoxes, labels, iouThresholds = COCO_THRESHOLDS } = options;
  const { maxDetections = MOST_DETECTIONS } = options;
  checkThresholds(iouThresholds);
  const seen = new Map<string, ClassBoxes>();
  const of = (name: string): ClassBoxes => {
    const known = seen.get(name) ?? new ClassBoxes(iouThresholds);
    seen.set(name, known);
    return known;
  };
  return {
    add(outputs, truth) {
      const found = groupedBy(boxesOf(outputs), ({ label }) => nameOf(label, labels));
      const there = groupedBy(truth, ({ label }) => knownName(label, labels));
      for (const name of new Set([...found.keys(), ...there.keys()]))
        of(name).add(found.get(name) ?? [], there.get(name) ?? [], maxDetections);
    },
    result() {
      const labelled = [...seen].filter(([, boxes]) => boxes.labelled > 0);
      if (labelled.length === 0) {
        throw new OctetError({
          code: 'INVALID_INPUT',
          message: 'No sample has a box that could be found.',
          hint: 'Check the labels.',
        });
      }
      const precisions = labelled.map(
        ([name, boxes]) => [name, iouThresholds.map((_, at) => boxes.averagePrecision(at))] as const,
      );
      const byThreshold = iouThresholds.map((_, at) =>
        meanOf(precisions.map(([, values]) => values[at] ?? 0)),
      );
      const byClass = Object.fromEntries(precisions.map(([name, values]) => [name, meanOf(values)]));
      return { mean: meanOf(byThreshold), byThreshold, byClass };
    },
  };
}

/**
 * The boxes of a model that ends in TFLite_Detection_PostProcess. Its outputs are, in order: boxes (1 x n x 4: top, left,
 * bottom, right, from 0 to 1), their classes, their scores, and how many there are.
 */
export function postprocessedBoxes(outputs: TensorMap): readonly DetectedBox[] {
  const [boxes, classes, scores, count] = Object.values(outputs);
  if (!boxes || !classes || !scores || !areBoxes(outputs)) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: 'The outputs are not boxes, classes, scores and their number.',
      hint: "Give a function that finds the boxes in the outputs, as 'boxesOf'.",
    });
  }
  const [edges, labels, values] = [realValues(boxes), realValues(classes), realValues(scores)];
  const number = count === undefined ? values.length : Math.min(values.length, realValues(count)[0] ?? 0);
  return Array.from({ length: number }, (_, index) => ({
    top: edges[4 * index] ?? 0,
    left: edges[4 * index + 1] ?? 0,
    bottom: edges[4 * index + 2] ?? 0,
    right: edges[4 * index + 3] ?? 0,
    label: labels[index] ?? 0,
    score: values[index] ?? 0,
  }));
}

/** Whether outputs have the shapes that `postprocessedBoxes` reads. */
export function areBoxes(outputs: TensorMap): boolean {
  const sizes = Object.values(outputs).map(({ data }) => data.length);
  const [boxes = 0, classes, scores, count = 1] = sizes;
  const [first] = Object.values(outputs);
  return first?.shape.at(-1) === 4 && boxes === 4 * (classes ?? 0) && classes === scores && count === 1;
}

/** What a detection is counted as. */
type Verdict = 'right' | 'wrong' | 'uncounted';

/** The boxes of one class over all samples. */
class ClassBoxes {
  /** Boxes to be found; not those of crowds. */
  labelled = 0;
  readonly #thresholds: readonly number[];
  readonly #detections: { readonly score: number; readonly verdicts: readonly Verdict[] }[] = [];

  constructor(thresholds: readonly number[]) {
    this.#thresholds = thresholds;
  }

  add(found: readonly DetectedBox[], there: readonly LabelledBox[], most: number): void {
    // Sorting is stable: of equal scores, and of equal overlaps, the earlier box counts first.
    const best = [...found].sort((a, b) => b.score - a.score).slice(0, most);
    const boxes = [...there].sort((a, b) => Number(a.crowd ?? false) - Number(b.crowd ?? false));
    this.labelled += boxes.filter(({ crowd }) => !crowd).length;
    const overlaps = best.map((detection) => boxes.map((box) => overlap(detection, box)));
    const verdicts = this.#thresholds.map((threshold) => matched(overlaps, boxes, threshold));
    best.forEach(({ score }, index) => {
      this.#detections.push({ score, verdicts: verdicts.map((list) => list[index] ?? 'wrong') });
    });
  }

  /** At threshold number `at`. */
  averagePrecision(at: number): number {
    const sorted = [...this.#detections].sort((a, b) => b.score - a.score);
    let [right, counted] = [0, 0];
    const points: { readonly recall: number; precision: number }[] = [];
    for (const { verdicts } of sorted) {
      if (verdicts[at] === 'uncounted') continue;
      counted += 1;
      if (verdicts[at] === 'right') right += 1;
      points.push({ recall: right / this.labelled, precision: right / counted });
    }
    // A precision that a higher recall still has is taken for lower recalls too.
    for (let index = points.length - 2; index >= 0; --index) {
      const [point, next] = [points[index], points[index + 1]];
      if (point && next) point.precision = Math.max(point.precision, next.precision);
    }
    let point = 0;
    const precisions = RECALLS.map((recall) => {
      while (point < points.length && (points[point]?.recall ?? 0) < recall) point += 1;
      return points[point]?.precision ?? 0;
    });
    return meanOf(precisions);
  }
}

/** The verdict on each detection, best first. Boxes of crowds come last, and may be taken more than once. */
function matched(
  overlaps: readonly (readonly number[])[],
  boxes: readonly LabelledBox[],
  threshold: number,
): readonly Verdict[] {
  const taken = new Set<number>();
  return overlaps.map((shares) => {
    let most = Math.min(threshold, 1 - 1e-10);
    let match = -1;
    boxes.forEach(({ crowd }, index) => {
      const share = shares[index] ?? 0;
      if ((taken.has(index) && !crowd) || share < most) return;
      // A crowd is no match for what is a single object already.
      if (crowd && match >= 0 && !boxes[match]?.crowd) return;
      most = share;
      match = index;
    });
    if (match < 0) return 'wrong';
    taken.add(match);
    return boxes[match]?.crowd ? 'uncounted' : 'right';
  });
}

/** Intersection over union; over the detection alone where the box is a crowd. */
function overlap(detection: Box, box: LabelledBox): number {
  const width = Math.min(detection.right, box.right) - Math.max(detection.left, box.left);
  const height = Math.min(detection.bottom, box.bottom) - Math.max(detection.top, box.top);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  return common / (box.crowd ? areaOf(detection) : areaOf(detection) + areaOf(box) - common);
}

function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}

function nameOf(label: string | number, labels: readonly string[] | undefined): string {
  return typeof label === 'number' ? (labels?.[label] ?? String(label)) : label;
}

/** A label's class; it must be among those that the model can find, where these are known. */
function knownName(label: string | number, labels: readonly string[] | undefined): string {
  const name = nameOf(label, labels);
  if (labels === undefined || labels.includes(name)) return name;
  throw new OctetError({
    code: 'INVALID_INPUT',
    message: `'${label}' is none of the ${labels.length} classes; they are ${labels.map((known) => `'${known}'`).join(', ')}.`,
    hint: 'Give the labels in the order of class numbers.',
  });
}

function checkThresholds(thresholds: readonly number[]): void {
  if (thresholds.length > 0 && thresholds.every((value) => value > 0 && value <= 1)) return;
  throw new OctetError({
    code: 'INVALID_CONFIG',
    message: `iouThresholds is [${thresholds.join(', ')}].`,
    hint: 'Give at least one, each above 0 and at most 1.',
  });
}

function groupedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name) ?? [];
    group.push(item);
    groups.set(name, group);
  }
  return groups;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
