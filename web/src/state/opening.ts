// Models, images and settings that are dropped or chosen.

import {
  formatOf,
  type LoadedNet,
  Model,
  OctetError,
  type Preprocessing,
  recommendedQuantization,
  type Target,
} from 'octet-quant';
import { floatNet, forgetAll, rememberModel } from '../engine/engine';
import {
  chosenFiles,
  droppedFiles,
  isImageName,
  isSettingsName,
  mayBeModel,
  type NamedFile,
} from '../engine/files';
import { infoOf } from '../engine/info';
import { asTFLite } from '../engine/quantize';
import { fileNameOf, readSample, type SampleId } from '../engine/sample';
import type { ModelFile, Run } from '../model/types';
import { attempt } from './attempt';
import { addImages } from './images';
import { cancel } from './running';
import { dropRuns } from './runs';
import { pasteSettings } from './settings';
import { emptySession, getState, setState } from './store';

export async function openDropped(transfer: DataTransfer): Promise<void> {
  await attempt('Opening what was dropped', async () => openFiles(await droppedFiles(transfer)));
}

export async function openChosen(list: FileList): Promise<void> {
  await attempt('Opening the files', async () => openFiles(await chosenFiles(list)));
}

async function openFiles(files: readonly NamedFile[]): Promise<void> {
  const images = files.filter(({ name }) => isImageName(name));
  const model = await modelAmong(files, images.length > 0);
  const settings = files.find(({ name }) => isSettingsName(name) && !model && images.length === 0);
  if (model) await openModel(model, files);
  else if (settings) pasteSettings(await settings.blob.text());
  else if (images.length === 0) {
    setState({
      notice: {
        severity: 'error',
        message: `${files.length === 1 ? (files[0]?.name ?? 'This') : 'These files'} cannot be opened here.`,
        hint: 'Drop a .tflite, .onnx or .octet model; PNG, JPEG or WebP images, or a folder or zip of them; or settings as .json.',
      },
    });
  }
  if (images.length > 0) addImages(images);
}

/**
 * The first file that is a model by its contents. Where none is, `withImages` tells whether others are of use: else the one
 * file that could be a model stands for it, so that what it is instead is said.
 */
async function modelAmong(files: readonly NamedFile[], withImages: boolean): Promise<NamedFile | undefined> {
  const candidates = files.filter(({ name }) => mayBeModel(name));
  for (const file of candidates) {
    if (await isModel(file)) return file;
  }
  return candidates.length === 1 && !withImages ? candidates[0] : undefined;
}

async function isModel(file: NamedFile): Promise<boolean> {
  try {
    await formatOf(file.blob);
    return true;
  } catch (error) {
    if (error instanceof OctetError && error.code === 'INVALID_FILE') return false;
    throw error;
  }
}

/** `beside`: files that were given with it, which may hold its constants. */
async function openModel({ name, blob }: NamedFile, beside: readonly NamedFile[]): Promise<void> {
  const fileName = name.split('/').at(-1) ?? name;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  cancel();
  setState({ opening: fileName, notice: undefined, openShape: undefined });
  const format = await formatOf(blob);
  if (format === 'octet') return showOctet(fileName, bytes);
  const externalData = beside
    .filter((other) => other.blob !== blob && mayBeModel(other.name))
    .map((other) => ({ path: other.name, data: other.blob }));
  return showNet({ fileName, bytes, ...(externalData.length > 0 ? { externalData } : {}) }, format);
}

/** Opens the model that waits for the shape of an input. */
export async function openWithShape(shape: readonly number[]): Promise<void> {
  const { openShape } = getState();
  if (!openShape) return;
  const { file, input } = openShape;
  setState({ openShape: undefined, opening: file.fileName });
  const inputShapes = { ...file.inputShapes, [input]: shape };
  await attempt('Opening the file', () => showNet({ ...file, inputShapes }, 'onnx'));
}

/** The net in a file; undefined where the user has to choose a shape first, and is asked to. */
async function netOf(file: ModelFile, target: Target): Promise<LoadedNet | undefined> {
  try {
    return await floatNet(file, target);
  } catch (error) {
    const input =
      error instanceof OctetError && error.code === 'INVALID_SHAPE' ? error.where.input : undefined;
    if (!(error instanceof OctetError) || input === undefined) throw error;
    setState({ openShape: { file, input, message: error.message } });
    return undefined;
  }
}

async function showNet(file: ModelFile, format: 'tflite' | 'onnx', lesson?: string): Promise<void> {
  const { target, preprocessing } = getState();
  const net = await netOf(file, target);
  if (!net) return;
  dropRuns();
  setState({
    model: {
      ...file,
      format,
      quantized: net.quantized,
      info: infoOf(net),
      warnings: net.warnings,
      ...(lesson === undefined ? {} : { lesson }),
    },
    params: recommendedQuantization.withRequantizationMode(net.defaultQuantization.requantization),
    preprocessing: {
      ...preprocessing,
      color: channelsOf(net.inputs[0]?.shape) === 1 ? 'GRAY' : colorOf(preprocessing),
    },
    selected: undefined,
    query: '',
    coloring: 'unit',
  });
}

async function showOctet(fileName: string, bytes: Uint8Array): Promise<void> {
  const model = await Model.load(bytes);
  const tflite = await asTFLite(model).catch((error: unknown) => {
    model.dispose();
    throw error;
  });
  const id = crypto.randomUUID();
  forgetAll();
  rememberModel(id, model);
  const report = model.report();
  const run: Run = {
    id,
    name: fileName,
    target: model.target,
    settings: model.params.toJSON(),
    preprocessing: model.preprocessing ?? getState().preprocessing,
    finishedAt: Date.now(),
    seconds: 0,
    sizes: {
      source: report.sizes.sourceBytes,
      tflite: tflite.size,
      octet: bytes.length,
    },
    ...tflite.part,
    timing: undefined,
    calibrationImages: report.provenance.calibrationSamples,
    compareImages: 0,
    errors: [],
    classification: undefined,
    report,
    quantizedTensors: model.tensors.filter(({ quantization }) => quantization !== undefined),
    octet: bytes,
  };
  setState({
    model: {
      fileName,
      bytes,
      format: 'octet',
      quantized: true,
      info: infoOf(model),
      warnings: report.warnings,
    },
    target: model.target,
    params: model.params,
    preprocessing: run.preprocessing,
    runs: [run],
    activeRun: id,
    selected: undefined,
    query: '',
    coloring: 'unit',
  });
}

export async function openSample(id: SampleId): Promise<void> {
  setState({ opening: fileNameOf(id) });
  await attempt('Opening the sample', async () => {
    const sample = await readSample(id);
    await showNet({ fileName: sample.fileName, bytes: sample.bytes }, 'tflite', sample.lesson);
    setState({ images: sample.images, preprocessing: sample.preprocessing, classes: sample.classes });
  });
}

export function closeSession(): void {
  cancel();
  forgetAll();
  setState({ ...emptySession });
}

function channelsOf(shape: readonly number[] | undefined): number | undefined {
  return shape?.length === 4 ? shape[3] : undefined;
}

function colorOf({ color }: Preprocessing): 'RGB' | 'BGR' {
  return color === 'BGR' ? 'BGR' : 'RGB';
}
