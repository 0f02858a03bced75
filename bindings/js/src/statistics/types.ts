// What statistics over labelled samples take and give.

import type { ImageDataset, Sample, TensorMap } from '../types.js';

/** A sample and what the model should say about it. */
export interface LabelledSample<GroundTruth> {
  readonly inputs: Sample;
  readonly groundTruth: GroundTruth;
}

/**
 * A figure over a labelled set: fed once a sample, in sample order, and read at the end. It holds what it has seen, so
 * each evaluation takes one of its own.
 */
export interface Statistic<GroundTruth, Result = number> {
  add(outputs: TensorMap, groundTruth: GroundTruth): void;
  result(): Result;
}

/** A figure of one sample. */
export type Metric<GroundTruth> = (outputs: TensorMap, groundTruth: GroundTruth) => number;

/** Images with what a model should say about each; decoded by workers when they are evaluated. */
export interface LabelledImages<GroundTruth> extends AsyncIterable<LabelledSample<GroundTruth>> {
  readonly length: number;
  readonly images: ImageDataset;
  /** Of image `index`. */
  groundTruth(index: number): Promise<GroundTruth>;
}

/** How many samples passed a test. */
export interface Passed {
  readonly passed: number;
  readonly samples: number;
}

/** Edges in parts of the width and height of the model's input, from 0 to 1. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A box that is there. */
export interface LabelledBox extends Box {
  /** A class by name or number. */
  readonly label: string | number;
  /** Several objects together: a detection in it is neither right nor wrong (COCO's iscrowd). Default false. */
  readonly crowd?: boolean;
}

/** A box that a model found. */
export interface DetectedBox extends Box {
  readonly label: string | number;
  readonly score: number;
}

export interface DetectionOptions {
  /** The boxes of a sample's outputs. Default: `postprocessedBoxes`. */
  readonly boxesOf?: (outputs: TensorMap) => readonly DetectedBox[];
  /** Class names by number. Without them, a number stands for itself: class 3 is labelled 3 or '3'. */
  readonly labels?: readonly string[];
  /** How much of their union two boxes must share to be the same. Default, as COCO: 0.5, 0.55, … 0.95. */
  readonly iouThresholds?: readonly number[];
  /** Detections that count, of an image and class, best first. Default 100. */
  readonly maxDetections?: number;
}

/** Average precisions, from 0 to 1. */
export interface AveragePrecisions {
  /** Over all thresholds and all classes that are labelled somewhere. */
  readonly mean: number;
  /** In the order of the thresholds, over classes. */
  readonly byThreshold: readonly number[];
  /** Over thresholds. */
  readonly byClass: Readonly<Record<string, number>>;
}

/** The class of each pixel, row by row. */
export interface ClassMap {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

export interface SegmentationOptions {
  /** Number of classes. Default: the output's channels, and 2 where it has one. */
  readonly classes?: number;
  /** A class number of pixels that do not count. */
  readonly ignore?: number;
  /** Where the output has one channel of scores: from here on a pixel is of class 1. Default 0.5. */
  readonly threshold?: number;
}
