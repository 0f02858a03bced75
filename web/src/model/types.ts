// The shapes of everything the page remembers. Plain data: handles to workers live in engine/.

import type {
  ExternalData,
  GraphInfo,
  NodeError,
  Preprocessing,
  QuantizationReport,
  QuantizationSettings,
  Target,
  TensorInfo,
} from 'octet-quant';

/** What an image is for: finding ranges, or measuring what quantizing did. */
export type Part = 'calibrate' | 'compare';

export interface ImageEntry {
  /** Path within what was dropped: unique in the session. */
  readonly name: string;
  /** Name of the folder that it lies in; empty when there is none. */
  readonly label: string;
  readonly part: Part;
  readonly blob: Blob;
}

/** What a model is opened from. */
export interface ModelFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Other files that were given with it, which may hold its constants. */
  readonly externalData?: readonly ExternalData[];
  /** Shapes that the user chose where the file leaves them open. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
}

export interface LoadedModel extends ModelFile {
  /** A .octet file is quantized already: it can be looked at, run and exported, not quantized again. */
  readonly format: 'tflite' | 'onnx' | 'octet';
  /** It computes in integers already, as every .octet file does and some .tflite files do. */
  readonly quantized: boolean;
  readonly info: GraphInfo;
  readonly warnings: readonly string[];
  /** What there is to learn from a sample. */
  readonly lesson?: string;
}

/** A model that cannot be opened before a shape of it is chosen. */
export interface OpenShape {
  readonly file: ModelFile;
  readonly input: string;
  readonly message: string;
}

export type PhaseName =
  | 'judge'
  | 'calibrate'
  | 'smooth'
  | 'rank'
  | 'refine'
  | 'quantize'
  | 'float'
  | 'quantized'
  | 'layers'
  | 'time'
  | 'files';

export interface Phase {
  readonly name: PhaseName;
  readonly done: number;
  readonly total: number;
}

export interface Job {
  readonly title: string;
  readonly phases: readonly Phase[];
  readonly current: PhaseName;
  readonly startedAt: number;
  /** Unknown until there is something to judge by. */
  readonly secondsLeft: number | undefined;
}

/** Something to tell: an error, with what and where and what to do, or a piece of news. */
export interface Notice {
  readonly severity: 'error' | 'info';
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
}

/** What the answers on the images to compare were; for models that classify. */
export interface Classification {
  /** Class names, in the order of the model's output; empty when they are not known. */
  readonly classes: readonly string[];
  readonly images: readonly string[];
  /** Index of the true class, or −1 where it is not known. */
  readonly truth: readonly number[];
  readonly float: readonly number[];
  readonly quantized: readonly number[];
}

export interface Timing {
  readonly float: number;
  readonly quantized: number;
}

/** One finished quantization and everything measured of it. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly target: Target;
  readonly settings: QuantizationSettings;
  readonly preprocessing: Preprocessing;
  readonly finishedAt: number;
  readonly seconds: number;
  readonly sizes: {
    readonly source: number;
    /** Undefined where TFLite has no kernels for the model; `tfliteRefusal` says so. */
    readonly tflite: number | undefined;
    readonly octet: number;
  };
  readonly tfliteRefusal?: string;
  /** What the .tflite holds otherwise than this model, in sentences. */
  readonly exportNotes?: readonly string[];
  readonly timing: Timing | undefined;
  readonly calibrationImages: number;
  readonly compareImages: number;
  /** In network order. */
  readonly errors: readonly NodeError[];
  readonly classification: Classification | undefined;
  readonly report: QuantizationReport;
  /** Tensors of the quantized graph that hold integers. */
  readonly quantizedTensors: readonly TensorInfo[];
  readonly octet: Uint8Array;
}

export type DrawerView = 'table' | 'errors' | 'outputs' | 'compare';
export type PhoneTab = 'setup' | 'network' | 'node' | 'results';
export type Theme = 'auto' | 'light' | 'dark';
/** What nodes are coloured by: their unit, all the error that has piled up at them, or what they add themselves. */
export type Coloring = 'unit' | 'error' | 'own';
