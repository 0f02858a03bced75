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
import type { ImageEntry, LoadedModel, Run } from '../state/types';

interface OpenNet {
  readonly bytes: Uint8Array;
  readonly target: Target;
  readonly net: Promise<LoadedNet>;
}

let open: OpenNet | undefined;
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

/** The float net of `bytes` on `target`; the one opened before is freed. */
export function floatNet(bytes: Uint8Array, target: Target): Promise<LoadedNet> {
  if (open?.bytes === bytes && open.target === target) return open.net;
  const before = open?.net;
  forgetCalibration();
  const net = loadModel(bytes, { target });
  open = { bytes, target, net };
  void before?.then(
    (handle) => handle.dispose(),
    () => undefined,
  );
  return net;
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
  const model = models.get(run.id) ?? Model.load(run.octet);
  keepModel(run.id, model);
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
  const model = models.get(id);
  models.delete(id);
  void model?.then(
    (handle) => handle.dispose(),
    () => undefined,
  );
}

export function forgetAll(): void {
  for (const id of [...models.keys()]) forgetModel(id);
  const net = open?.net;
  open = undefined;
  forgetCalibration();
  void net?.then(
    (handle) => handle.dispose(),
    () => undefined,
  );
}

/** What can turn images into inputs for the loaded model. */
export async function runnable(
  model: LoadedModel,
  target: Target,
  runs: readonly Run[],
): Promise<LoadedNet | Model> {
  const [first] = runs;
  return model.format === 'octet' && first ? quantizedModel(first) : floatNet(model.bytes, target);
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
  datasets.set(images, { net, preprocessing, dataset });
  return dataset;
}
