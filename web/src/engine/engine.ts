// The handles to models in the workers. The store holds plain data; whoever needs to run something asks here.

import {
  type Calibration,
  type CallOptions,
  type ImageDataset,
  imageDataset,
  type LoadedNet,
  loadModel,
  Model,
  type Preprocessing,
  type QuantizationParams,
  type Target,
} from 'octet-quant';
import type { ImageEntry, LoadedModel, ModelFile, Run } from '../model/types';

interface OpenNet {
  readonly file: ModelFile;
  readonly target: Target;
  readonly net: Promise<LoadedNet>;
}

let open: OpenNet | undefined;
/** What is to take its place once it is there. */
let opening: OpenNet | undefined;
/**
 * Quantized models by run, the latest used last. Only a few stay in the workers' memory; any other is loaded again from
 * its run's bytes when it is needed.
 */
const models = new Map<string, Promise<Model>>();
const MOST_MODELS = 2;

interface KnownDataset {
  readonly net: LoadedNet | Model;
  readonly preprocessing: Preprocessing;
  readonly dataset: Promise<ImageDataset>;
}

/** The latest datasets: lists of images are immutable, so their identity is the key. */
const datasets = new WeakMap<readonly ImageEntry[], KnownDataset>();

interface KnownCalibration {
  readonly net: LoadedNet;
  readonly images: ImageDataset;
  readonly calibration: Calibration;
}

/** The latest one: a second run with other settings need not look at the images again. */
let calibrated: KnownCalibration | undefined;

/** The float net of `file` on `target`. The one opened before is freed once this one is there, and stays where it fails. */
export function floatNet(file: ModelFile, target: Target): Promise<LoadedNet> {
  const { bytes, externalData = [], inputShapes = {} } = file;
  for (const known of [open, opening]) {
    const isSame = known?.file.bytes === bytes && known.file.inputShapes === file.inputShapes;
    if (isSame && known.target === target) return known.net;
  }
  const next = { file, target, net: loadModel(bytes, { target, externalData, inputShapes }) };
  opening = next;
  next.net.then(
    () => putInPlace(next),
    // Whoever asked is told; the next one tries again.
    () => {
      if (opening === next) opening = undefined;
    },
  );
  return next.net;
}

function putInPlace(next: OpenNet): void {
  // Where another was asked for meanwhile, nobody waits for this one any more.
  if (opening !== next) {
    freed(next.net);
    return;
  }
  forgetCalibration();
  freed(open?.net);
  open = next;
  opening = undefined;
}

/** Frees a handle, also one that is still to come. */
function freed(handle: Promise<LoadedNet | Model> | undefined): void {
  void handle?.then(
    (there) => there.dispose(),
    // What could not be opened is nowhere.
    () => undefined,
  );
}

/** What these images do in the net, if it is known. */
export function knownCalibration(net: LoadedNet, images: ImageDataset): Calibration | undefined {
  return calibrated?.net === net && calibrated.images === images ? calibrated.calibration : undefined;
}

/** What these images do in the net. One is kept: the one before is freed. */
export async function calibrationOf(
  net: LoadedNet,
  images: ImageDataset,
  params: QuantizationParams,
  options: CallOptions,
): Promise<Calibration> {
  const known = knownCalibration(net, images);
  if (known) return known;
  forgetCalibration();
  const calibration = await net.calibrate(images, params, options);
  calibrated = { net, images, calibration };
  return calibration;
}

function forgetCalibration(): void {
  calibrated?.calibration.dispose();
  calibrated = undefined;
}

export function quantizedModel(run: Pick<Run, 'id' | 'octet'>): Promise<Model> {
  const known = models.get(run.id);
  const model = known ?? Model.load(run.octet);
  keepModel(run.id, model);
  if (!known) {
    model.catch(() => {
      if (models.get(run.id) === model) models.delete(run.id);
    });
  }
  return model;
}

export function rememberModel(id: string, model: Model): void {
  keepModel(id, Promise.resolve(model));
}

function keepModel(id: string, model: Promise<Model>): void {
  models.delete(id);
  models.set(id, model);
  for (const oldest of [...models.keys()].slice(0, -MOST_MODELS)) forgetModel(oldest);
}

export function forgetModel(id: string): void {
  freed(models.get(id));
  models.delete(id);
}

export function forgetAll(): void {
  for (const id of [...models.keys()]) forgetModel(id);
  forgetCalibration();
  freed(open?.net);
  open = undefined;
  // What is being opened frees itself when it finds nobody waiting.
  opening = undefined;
}

/** What can turn images into inputs for the loaded model. */
export async function runnable(
  model: LoadedModel,
  target: Target,
  runs: readonly Run[],
): Promise<LoadedNet | Model> {
  const [first] = runs;
  return model.format === 'octet' && first ? quantizedModel(first) : floatNet(model, target);
}

/** The images as inputs of `net`. */
export function datasetOf(
  net: LoadedNet | Model,
  images: readonly ImageEntry[],
  preprocessing: Preprocessing,
): Promise<ImageDataset> {
  const known = datasets.get(images);
  if (known?.preprocessing === preprocessing && known.net === net) return known.dataset;
  const sources = images.map(({ name, blob }) => ({ name, data: blob }));
  const dataset = imageDataset(sources, preprocessing, { net });
  const next = { net, preprocessing, dataset };
  datasets.set(images, next);
  dataset.catch(() => {
    if (datasets.get(images) === next) datasets.delete(images);
  });
  return dataset;
}
