// The public API of octet-quant.

import { FORMAT_BYTES, readSource } from './data/source.js';
import { composeModels, createAuxiliaryNetwork } from './main/auxiliary.js';
import { modelFromBytes } from './main/model.js';
import { leastBusyWorker } from './main/pool.js';
import type { Model as ModelInterface, OperatorSupport } from './types.js';

export { imageDataset } from './data/dataset.js';
export {
  boxesFromCsv,
  classesFromCsv,
  type LabelSource,
  labelImages,
  masksFor,
} from './data/labels/labelled-images.js';
export { inputPicture } from './data/pictures.js';
export type * from './feedback-types.js';
export { SETTINGS as settingsTable } from './generated/settings.js';
export { loadModel } from './main/net.js';
export { outputErrors } from './main/output-errors.js';
export {
  bfloat16Quantization,
  bfloat16Scheme,
  CalibrationMethod,
  type CalibrationOptions,
  defaultQuantization,
  int16Quantization,
  QuantizationParams,
  quantizationScheme,
  recommendedQuantization,
} from './main/params.js';
export { configure } from './main/pool.js';
export {
  type Anchor,
  argmax,
  type BoxDecoding,
  bgrRgbConversionTransform,
  boxDecodingTransform,
  chromaUpsampleTransform,
  compose,
  cropTransform,
  dequantizationTransform,
  detessellationTransform,
  faceDetectionTransform,
  grayscaleTransform,
  identity,
  layoutTransform,
  nmsMaxpoolTransform,
  normalizationTransform,
  packTransform,
  preprocessingTransform,
  type QuantizationPair,
  quantizationTransform,
  type ResizeMethod,
  reshapeTransform,
  resizeTransform,
  sigmoidTransform,
  sliceTransform,
  softmaxTransform,
  type Tiles,
  Transform,
  tessellationTransform,
  unpackTransform,
  yuvRgbConversionTransform,
} from './main/transforms.js';
export { createReport } from './report/create.js';
export { reportHtml } from './report/html.js';
export type * from './report/types.js';
export type * from './sensitivity-types.js';
export { top1, topK } from './statistics/classification.js';
export { counter, mean, meanText, tensorSet, text, together } from './statistics/compose.js';
export { averagePrecisions, meanAveragePrecision, postprocessedBoxes } from './statistics/detection.js';
export { classIoU, meanIoU } from './statistics/segmentation.js';
export type * from './statistics/types.js';
export type * from './types.js';
export { RequantizationMode, Target } from './types.js';
export { VERSION as version } from './version.js';
export { OctetError, type OctetErrorCode, type OctetErrorLocation } from './wire/errors.js';
export { realValues } from './wire/tensor.js';

export type Model = ModelInterface;

export const Model = {
  /** A model from a .octet file: its bytes, path (Node) or URL. */
  async load(source: Uint8Array | ArrayBuffer | Blob | string | URL): Promise<Model> {
    return modelFromBytes(await readSource(source));
  },
  /**
   * A model of transforms: pre- or post-processing that is executed, saved, and composed with others. Inputs are
   * `inputTypes`, by name; there is a transform for each, in order, and one that takes several inputs takes as many.
   */
  createAuxiliaryNetwork,
  /**
   * One model of several: the outputs of each are the inputs of the next, in order, and must be of the same type and shape.
   * All are for one target. It has one graph, one partition, and one file.
   */
  compose: composeModels,
};

/**
 * What a file is, by its contents, whatever it is called: 'tflite' or 'onnx' (for loadModel) or 'octet' (for Model.load).
 * Throws INVALID_FILE for anything else, with what it is where that is known. `source`: its bytes, path (Node) or URL.
 */
export async function formatOf(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
): Promise<'tflite' | 'onnx' | 'octet'> {
  const beginning = await readSource(source, FORMAT_BYTES);
  return (await leastBusyWorker().call((api) => api.formatOf(beginning))) as 'tflite' | 'onnx' | 'octet';
}

/** The operators that are read from .onnx files, those of other domains as `com.microsoft.FusedConv`. */
export async function onnxOperators(): Promise<readonly string[]> {
  return leastBusyWorker().call((api) => api.onnxOperators());
}

/** The table of operators, and what of them each target runs in integers. */
export async function supportedOperators(): Promise<readonly OperatorSupport[]> {
  return JSON.parse(await leastBusyWorker().call((api) => api.supportedOperators()));
}
