// What the user can do. Every action leaves what is loaded in place when it fails, and says why.

import {
  defaultQuantization,
  formatOf,
  Model,
  type NodePrecision,
  OctetError,
  type Preprocessing,
  QuantizationParams,
  recommendedQuantization,
  type Target,
} from 'octet-quant';
import { withLabels } from 'octet-quant/display';
import { floatNet, forgetAll, forgetModel, rememberModel } from '../engine/engine';
import {
  chosenFiles,
  droppedFiles,
  folderOf,
  isImageName,
  isSettingsName,
  mayBeModel,
  type NamedFile,
} from '../engine/files';
import {
  asTFLite,
  convertAndMeasure,
  type Measured,
  measuringPhases,
  plannedPhases,
  quantizeAndMeasure,
  type Reporter,
} from '../engine/quantize';
import { fileNameOf, readSample, type SampleId } from '../engine/sample';
import { classCount, classNames, partsOf } from './derive';
import { JobClock } from './job';
import { chosenNodes, fittedTo, type NodeChoice, withChoice } from './precision';
import { emptySession, getState, setState } from './store';
import type { ImageEntry, Notice, Part, Phase, Run } from './types';

/** One in so many images is held out for comparing, by default. */
export const DEFAULT_HOLD_OUT = 5;
const FEWEST_TO_HOLD_OUT = 10;

// ------------------------------------------------------------------------------------------------------------ open

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
  if (model) await openModel(model);
  else if (settings) pasteSettings(await settings.blob.text());
  else if (images.length === 0) {
    setState({
      notice: {
        severity: 'error',
        message: `${files.length === 1 ? (files[0]?.name ?? 'This') : 'These files'} cannot be opened here.`,
        hint: 'Drop a .tflite or .octet model; PNG, JPEG or WebP images, or a folder or zip of them; or settings as .json.',
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

async function openModel(file: NamedFile): Promise<void> {
  const fileName = file.name.split('/').at(-1) ?? file.name;
  const bytes = new Uint8Array(await file.blob.arrayBuffer());
  cancel();
  setState({ opening: fileName, notice: undefined });
  if ((await formatOf(bytes)) === 'octet') await showOctet(fileName, bytes);
  else await showNet(fileName, bytes);
}

async function showNet(fileName: string, bytes: Uint8Array, lesson?: string): Promise<void> {
  const { target, preprocessing } = getState();
  const net = await floatNet(bytes, target);
  dropRuns();
  setState({
    model: {
      fileName,
      bytes,
      format: 'tflite',
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

/** A copy of what a handle tells about its graph, without the handle. */
function infoOf(graph: Model | Awaited<ReturnType<typeof floatNet>>) {
  const { name, inputs, outputs, nodes, tensors, partition } = graph;
  return { name, inputs, outputs, nodes, tensors, partition };
}

export async function openSample(id: SampleId): Promise<void> {
  setState({ opening: fileNameOf(id) });
  await attempt('Opening the sample', async () => {
    const sample = await readSample(id);
    await showNet(sample.fileName, sample.bytes, sample.lesson);
    setState({ images: sample.images, preprocessing: sample.preprocessing, classes: sample.classes });
  });
}

/** Counts calls of setTarget: the latest has its way. */
let placings = 0;

/** Places the network on another target, with the settings that suit it; says whether it is there. */
export async function setTarget(target: Target): Promise<boolean> {
  placings += 1;
  const placing = placings;
  const { model, target: before } = getState();
  if (target === before) return true;
  // A run uses the net that is about to be replaced.
  cancel();
  if (model?.format !== 'tflite') {
    setState({ target });
    return true;
  }
  await attempt('Placing the network', async () => {
    const net = await floatNet(model.bytes, target);
    if (placing !== placings || getState().model?.bytes !== model.bytes) return;
    const known = new Set(net.nodes.flatMap(({ name, label, sourceNodes }) => [name, label, ...sourceNodes]));
    setState(({ params }) => ({
      target,
      model: { ...model, info: infoOf(net), warnings: net.warnings },
      params: fittedTo(params, target, (name) => known.has(name)).withRequantizationMode(
        net.defaultQuantization.requantization,
      ),
    }));
  });
  return getState().target === target;
}

export function closeSession(): void {
  cancel();
  forgetAll();
  setState({ ...emptySession });
}

// ---------------------------------------------------------------------------------------------------------- images

export function addImages(files: readonly NamedFile[]): void {
  const before = getState().images.filter(({ name }) => !files.some((file) => file.name === name));
  const folders = new Set(files.map(({ name }) => folderOf(name)));
  // One folder around everything is a place, not a class.
  const labelled = folders.size > 1;
  const added = files
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map(
      ({ name, blob }): ImageEntry => ({
        name,
        label: labelled ? folderOf(name) : '',
        part: 'calibrate',
        blob,
      }),
    );
  setState({ images: [...before, ...divide(added, DEFAULT_HOLD_OUT)], shownImage: undefined });
}

export function removeImages(): void {
  setState({ images: [], shownImage: undefined, classes: [] });
}

/** Holds out one image in `every`, evenly over the classes; 0 holds out none. */
export function holdOut(every: number): void {
  setState(({ images }) => ({ images: divide(images, every) }));
}

/** The `every` that holdOut() would have been called with for these images; undefined when none gives them. */
export function heldOut(images: readonly ImageEntry[], choices: readonly number[]): number | undefined {
  return choices.find((every) =>
    divide(images, every).every(({ part }, index) => part === images[index]?.part),
  );
}

function divide(images: readonly ImageEntry[], every: number): readonly ImageEntry[] {
  const seen = new Map<string, number>();
  const enough = images.length >= FEWEST_TO_HOLD_OUT;
  return images.map((image) => {
    const position = (seen.get(image.label) ?? 0) + 1;
    seen.set(image.label, position);
    const part: Part = enough && every > 0 && position % every === 0 ? 'compare' : 'calibrate';
    return { ...image, part };
  });
}

export function setPreprocessing(change: Partial<Preprocessing>): void {
  setState(({ preprocessing }) => ({ preprocessing: { ...preprocessing, ...change } }));
}

export function setClasses(classes: readonly string[]): void {
  setState({ classes });
}

// -------------------------------------------------------------------------------------------------------- settings

export function setParams(params: QuantizationParams): void {
  setState({ params });
}

export function toggleKept(name: string): void {
  const { params } = getState();
  const kept = new Set(params.unquantizedNodes);
  if (!kept.delete(name)) kept.add(name);
  setState({ params: params.withUnquantizedNodes(kept) });
}

export function setPrecision(nodes: Iterable<string>, choice: NodeChoice): void {
  setState(({ params }) => ({ params: withChoice(params, nodes, choice) }));
}

export function pasteSettings(text: string): void {
  try {
    setState({
      params: QuantizationParams.fromJSON(JSON.parse(text)),
      notice: { severity: 'info', message: 'The settings were taken over.' },
    });
  } catch (error) {
    setState({
      notice:
        error instanceof SyntaxError
          ? { severity: 'error', message: 'This is not JSON.', hint: error.message }
          : noticeOf(error, 'Reading the settings'),
    });
  }
}

export function resetParams(): void {
  const { params, target } = getState();
  setState({
    params: recommendedQuantization
      .withRequantizationMode(target === 'tflite' ? 'tflite' : 'sima')
      .withUnquantizedNodes(params.unquantizedNodes)
      .withCustomQuantizationConfigs(params.customQuantizationConfigs),
  });
}

// ------------------------------------------------------------------------------------------------------------ runs

let running: AbortController | undefined;

export function cancel(): void {
  running?.abort();
}

/** `int16Share`: of the multiply-accumulates, those of nodes that are raised to INT16 where it helps most. */
export async function quantize(int16Share?: number): Promise<void> {
  const state = getState();
  const { model, params } = state;
  if (!model || model.quantized) return;
  const { calibrate } = partsOf(state.images);
  const passes = plannedPhases(params, calibrate.length, int16Share);
  const share =
    int16Share === undefined ? '' : ` with INT16 for ${Math.round(100 * int16Share)} % of the MACs`;
  await run('Quantizing', `${nameOfRun(params, state.runs)}${share}`, passes, (measured, reporter) =>
    quantizeAndMeasure({ ...measured, params, calibrate, int16Share }, reporter),
  );
}

/** An already quantized file as a model whose layers rescale by shifts. */
export async function convert(): Promise<void> {
  const state = getState();
  if (!state.model?.quantized || state.model.format !== 'tflite') return;
  const name = `${nameOfRun(defaultQuantization, state.runs)} (converted)`;
  await run('Converting', name, [{ name: 'quantize', total: 1, done: 0 }], convertAndMeasure);
}

/** Does the work of a run, followed by its progress, and shows what came of it. */
async function run(
  what: string,
  runName: string,
  making: readonly Phase[],
  work: (measured: Measured, reporter: Reporter) => Promise<Run>,
): Promise<void> {
  const state = getState();
  const { model, images, target, preprocessing } = state;
  if (!model || state.job) return;
  const { compare } = partsOf(images);
  const controller = new AbortController();
  running = controller;
  const phases = [...making, ...measuringPhases(compare.length, classCount(model.info) !== undefined)];
  const clock = new JobClock(runName, phases, (job) => setState({ job }));
  const measured: Measured = {
    fileName: model.fileName,
    bytes: model.bytes,
    target,
    preprocessing,
    compare,
    classes: classNames(state),
    runName,
  };
  await attempt(what, async () => {
    const finished = await work(measured, {
      phase: (name, done) => clock.report(name, done),
      leaveOut: (name) => clock.leaveOut(name),
      signal: controller.signal,
    });
    setState(({ runs }) => ({
      runs: [...runs, finished],
      activeRun: finished.id,
      coloring: 'error',
      view: 'errors',
      phoneTab: 'results',
      notice: undefined,
    }));
  });
  clock.stop();
  running = undefined;
  setState({ job: undefined });
}

function nameOfRun(params: QuantizationParams, runs: readonly Run[]): string {
  const number = 1 + Math.max(0, ...runs.map(({ name }) => Number(name.match(/^Run (\d+)/)?.[1] ?? 0)));
  const chosen = chosenNodes(params.toJSON());
  const kept = chosen.filter(({ precision }) => precision === 'FLOAT').length;
  const others = chosen.length - kept;
  const notes = [kept > 0 ? `${kept} in float` : '', others > 0 ? `${others} chosen` : ''].filter(Boolean);
  return `Run ${number}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

/** Quantizes as in a run, but with some nodes in a higher precision. */
export async function fix(run: Run, names: readonly string[], precision: NodePrecision): Promise<void> {
  if (!(await takeSettingsOf(run))) return;
  setPrecision(names, precision);
  await quantize();
}

/** Quantizes as in a run, but with INT16 where it helps the outputs most, up to a share of the multiply-accumulates. */
export async function mix(run: Run, int16Share: number): Promise<void> {
  if (await takeSettingsOf(run)) await quantize(int16Share);
}

export function showRun(id: string): void {
  setState({ activeRun: id });
}

export function deleteRun(id: string): void {
  forgetModel(id);
  setState(({ runs, activeRun, coloring }) => {
    const left = runs.filter((run) => run.id !== id);
    const active = activeRun === id ? left.at(-1)?.id : activeRun;
    return { runs: left, activeRun: active, coloring: active === undefined ? 'unit' : coloring };
  });
}

function dropRuns(): void {
  for (const { id } of getState().runs) forgetModel(id);
  setState({ runs: [], activeRun: undefined, coloring: 'unit' });
}

/** Says whether they are taken over; where the network cannot be placed on the run's target, nothing changes. */
export async function takeSettingsOf(run: Run): Promise<boolean> {
  // Placing the network anew fits the settings to the target; the run's own are what is wanted.
  if (!(await setTarget(run.target))) return false;
  setState({ params: QuantizationParams.fromJSON(run.settings), preprocessing: run.preprocessing });
  return true;
}

// ---------------------------------------------------------------------------------------------------------- errors

async function attempt(what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const cancelled =
      (error instanceof OctetError && error.code === 'CANCELLED') ||
      (error instanceof DOMException && error.name === 'AbortError');
    setState({
      notice: cancelled
        ? { severity: 'info', message: `${what} was cancelled; everything else is as it was.` }
        : noticeOf(error, what),
    });
  } finally {
    setState({ opening: undefined });
  }
}

export function noticeOf(error: unknown, what: string): Notice {
  if (!(error instanceof OctetError)) {
    return {
      severity: 'error',
      message: `${what} failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const { node, tensor, input, byteOffset } = error.where;
  const where = [
    node && `node ${node}`,
    tensor && `tensor ${tensor}`,
    input && `input ${input}`,
    byteOffset !== undefined && `byte ${byteOffset}`,
  ]
    .filter((part) => typeof part === 'string')
    .join(', ');
  return { severity: 'error', message: withLabels(error.message), where, hint: error.hint };
}

function channelsOf(shape: readonly number[] | undefined): number | undefined {
  return shape?.length === 4 ? shape[3] : undefined;
}

function colorOf({ color }: Preprocessing): 'RGB' | 'BGR' {
  return color === 'BGR' ? 'BGR' : 'RGB';
}
