// What is reported of a quantized model. Plain JSON; schemas/report.schema.json describes Report.

import type { AccuracyFeedback } from '../feedback-types.js';
import type { MixedPrecisionPoint } from '../sensitivity-types.js';
import type { DetectedBox } from '../statistics/types.js';
import type {
  CallOptions,
  DType,
  MethodFinding,
  NodeError,
  NodeInfo,
  Partition,
  Preprocessing,
  QuantizationSettings,
  Target,
  TransformJson,
  Unit,
} from '../types.js';

/** What quantizing decided. Plain JSON; depends on model, settings and samples alone. */
export interface QuantizationReport {
  readonly model: string;
  readonly target: Target;
  /** Present and true where that was asked for when loading. */
  readonly anyShapeOnMla?: boolean;
  /** The JSON form of `QuantizationParams`. */
  readonly settings: QuantizationSettings;
  readonly preprocessing?: Preprocessing;
  readonly partition: Partition;
  readonly nodes: readonly Pick<NodeInfo, 'name' | 'operator' | 'unit' | 'segment' | 'reasons'>[];
  readonly tensors: readonly {
    readonly tensor: string;
    /** Smallest and largest value that calibration saw. */
    readonly observed: readonly [number, number];
    /** The range that the calibration method chose. */
    readonly chosen: readonly [number, number];
    readonly scale: number;
    readonly zeroPoint: number;
  }[];
  readonly warnings: readonly string[];
  /** What was found of the accuracy methods, where the settings asked for a judgement. */
  readonly methods?: readonly MethodFinding[];
  readonly sizes: {
    readonly sourceBytes: number;
    /** Bytes of the constants, before and after. */
    readonly floatConstantBytes: number;
    readonly quantizedConstantBytes: number;
  };
  readonly provenance: {
    readonly octetVersion: string;
    readonly calibrationSamples: number;
  };
  /** What an auxiliary network was made of; absent for all others. */
  readonly transforms?: readonly TransformJson[];
  /** The parts of a composed model, in order. Ranges, sizes and warnings above are those of all. */
  readonly parts?: readonly {
    readonly model: string;
    readonly transforms?: readonly TransformJson[];
    readonly settings: QuantizationSettings;
    readonly calibrationSamples: number;
  }[];
}

/** A report's figures of an error; in JSON there is no Infinity, so that null is the ratio of what is equal. */
export interface ReportError {
  readonly sqnr: number | null;
  readonly mse: number;
  readonly mae: number;
  readonly cosine: number;
  readonly maxError: number;
}

/** What stands out about a node, and what helps. */
export interface ReportCause {
  readonly kind: string;
  readonly sentence: string;
  readonly remedy: string;
}

/** Channels whose ranges are alike, as in `ErrorPart`. */
export interface ReportPart {
  readonly axis: number;
  readonly channels: readonly number[];
  readonly low: number;
  readonly high: number;
  /** null where there is no noise. */
  readonly sqnr: number | null;
  readonly ownSqnr: number | null;
  readonly step?: number;
  readonly lost: readonly number[];
  readonly weak: boolean;
}

export interface ReportNode {
  readonly name: string;
  readonly label: string;
  readonly operator: string;
  readonly unit: Unit;
  readonly segment: string;
  /** Why it is not on the accelerator. */
  readonly reasons: readonly string[];
  /** What it computes in: 'INT8', 'INT16', 'BF16' or 'float', with what is different about its weights. */
  readonly precision: string;
  /** Of the first output. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly multiplyAccumulates: number;
  readonly parameters: number;
  /** Accumulated, and of the node alone; absent where nothing was measured. */
  readonly error?: ReportError & { readonly local: ReportError };
  readonly causes: readonly ReportCause[];
  /** As in `NodeError`. */
  readonly noise?: NonNullable<NodeError['noise']>;
  readonly saturation?: number;
  /** Of its first output; absent where there is but one. */
  readonly parts?: readonly ReportPart[];
}

/** A tensor's values, and the range that was chosen for them. */
export interface ReportRange {
  readonly tensor: string;
  readonly observed: readonly [number, number];
  readonly chosen: readonly [number, number];
  readonly scale: number;
  readonly zeroPoint: number;
  /** Float values over some samples, by equal parts of the observed range. */
  readonly histogram?: readonly number[];
}

/** Weights of one node by output channel. */
export interface ReportWeights {
  readonly node: string;
  readonly tensor: string;
  readonly bits: number;
  /** The largest absolute weight of each channel. */
  readonly largest: readonly number[];
  /** The largest that its scale can hold: one value, or one a channel. */
  readonly limits: readonly number[];
}

/** What came out for a sample, before and after. */
export type ReportOutput = {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly sqnr: number | null;
} & (
  | {
      /** The highest scores of either, highest first. */
      readonly kind: 'classes';
      readonly classes: readonly {
        readonly label: string;
        readonly float: number;
        readonly quantized: number;
      }[];
    }
  | {
      /** PNG files as data: addresses; channel 0, both on the scale from `low` to `high`. */
      readonly kind: 'picture';
      readonly low: number;
      readonly high: number;
      readonly float: string;
      readonly quantized: string;
    }
  | {
      /** Boxes with a score of at least one half, best first. */
      readonly kind: 'boxes';
      readonly float: readonly DetectedBox[];
      readonly quantized: readonly DetectedBox[];
    }
  | {
      /** Values in pairs: all, or some spread over the tensor. */
      readonly kind: 'numbers';
      readonly float: readonly number[];
      readonly quantized: readonly number[];
    }
);

export interface ReportSample {
  readonly name: string;
  /** What the model sees, as a PNG file in a data: address; absent where an input is no picture. */
  readonly input?: string;
  readonly outputs: readonly ReportOutput[];
}

/** A figure over a labelled set, from 0 to 1. */
export interface ReportAccuracy {
  readonly statistic: string;
  readonly samples: number;
  readonly float?: number;
  readonly quantized?: number;
}

/** What a share of the multiply-accumulates in INT16 gains. */
export interface ReportPrecisionPoint {
  /** Of the multiply-accumulates, those in INT16. */
  readonly share: number;
  /** How many are in INT16. */
  readonly nodes: number;
  /** By output, in dB over plain INT8: measured, or else expected. */
  readonly gain: Readonly<Record<string, number>>;
}

/** What quantizing until an accuracy was reached did. */
export type ReportFeedback = Pick<AccuracyFeedback, 'initialAccuracy' | 'accuracy' | 'reached' | 'steps'>;

/** All that is worth knowing about a quantized model. The same model, samples and options give the same report. */
export interface Report {
  /** Of this layout. */
  readonly version: 1;
  readonly title: string;
  readonly target: Target;
  readonly anyShapeOnMla?: boolean;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly number[];
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly number[];
    /** What was measured of it, all samples together; absent where nothing was. */
    readonly error?: {
      readonly sqnr: number | null;
      readonly parts: readonly ReportPart[];
      /** What its ratio hides, and what helps. */
      readonly warnings: readonly string[];
    };
  }[];
  readonly sizes: QuantizationReport['sizes'] & {
    readonly octetBytes: number;
    /** Absent where TFLite has no kernels for the model. */
    readonly tfliteBytes?: number;
  };
  readonly accuracy: readonly ReportAccuracy[];
  /** Milliseconds of a forward pass, where they were measured. */
  readonly times?: { readonly float: number; readonly quantized: number };
  readonly partition: Partition;
  /** In execution order. */
  readonly nodes: readonly ReportNode[];
  readonly ranges: readonly ReportRange[];
  readonly weights: readonly ReportWeights[];
  readonly samples: readonly ReportSample[];
  /** From the smallest share on. */
  readonly mixedPrecision?: readonly ReportPrecisionPoint[];
  readonly feedback?: ReportFeedback;
  readonly warnings: readonly string[];
  /** What was found of the accuracy methods, where the settings asked for a judgement. */
  readonly methods?: readonly MethodFinding[];
  /** What a .tflite cannot hold, or why there is none. */
  readonly exportNotes: readonly string[];
  readonly settings: QuantizationSettings;
  readonly preprocessing?: Preprocessing;
  /** Of a model of transforms, and of a composed model, as in `QuantizationReport`. */
  readonly transforms?: NonNullable<QuantizationReport['transforms']>;
  readonly parts?: NonNullable<QuantizationReport['parts']>;
  readonly provenance: {
    readonly octetVersion: string;
    readonly modelFile?: string;
    readonly calibrationSamples: number;
    /** Samples that the errors were measured with. */
    readonly comparedSamples: number;
    readonly date?: string;
  };
}

export interface ReportOptions extends CallOptions {
  /** Default: the file's name, or else the model's. */
  readonly title?: string;
  /** Name of the file that was quantized. */
  readonly modelFile?: string;
  /** Figures that were measured on labelled samples. */
  readonly accuracy?: readonly ReportAccuracy[];
  /** Errors that were measured already, of all samples. Default: they are measured. */
  readonly errors?: readonly NodeError[];
  readonly times?: Report['times'];
  /** From `mixedPrecisionCurve`. */
  readonly mixedPrecision?: readonly MixedPrecisionPoint[];
  /** From `quantizeWithAccuracyFeedback`. */
  readonly feedback?: ReportFeedback;
  /** Class names in the order of the output. */
  readonly classes?: readonly string[];
  /** Samples whose outputs are shown. Default 4. */
  readonly shownSamples?: number;
  /** Written into the report as it is; without it, nothing in the report depends on when it was made. */
  readonly date?: string;
}
