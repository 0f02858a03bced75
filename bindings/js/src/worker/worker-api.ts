// What a worker does for the main thread: it has one instance of the core, and keeps nets, models, calibrations and
// analyses in it under the ids that the main thread gives.

import { transfer } from 'comlink';
import type { NodeError, RawImage, Tensor, Timing } from '../types.js';
import type { CoreSensitivity, Int16Limit, Int16Nodes, Int16Step } from '../wire/core-results.js';
import { OctetError } from '../wire/errors.js';
import type {
  Artifact,
  EncodedInput,
  EncodedSample,
  FinishedModel,
  ImageFile,
  LookedAt,
} from '../wire/protocol.js';
import { bytesOf, checkTensor, elementsOf, type InputInfo } from '../wire/tensor.js';
import {
  type AnalysisPassHandle,
  type CalibrationPassHandle,
  type ChannelPassHandle,
  type Core,
  type Finished,
  instantiate,
  type NetHandle,
  type QuantizationPassesHandle,
  type QuantizedModelHandle,
  type RunnerHandle,
  read,
  type SampleHandle,
  type SensitivityPassHandle,
  unwrap,
} from './core.js';
import type { WorkerPlatform } from './platform/platform.js';

/** A timed group of runs takes at least this long: browsers round their clocks to a tenth of a millisecond or more. */
const LEAST_TIMED_MILLISECONDS = 10;
const TIMED_GROUPS = 25;
const PROFILED_MILLISECONDS = 2000;
/** How long a search works at a time, while whatever else is asked of the worker waits. */
const SEARCHED_MILLISECONDS = 30;

/** Something of the core that takes samples. */
type Entry = { readonly inputs: readonly InputInfo[] } & (
  | { readonly kind: 'net'; readonly handle: NetHandle }
  | { readonly kind: 'model'; readonly handle: QuantizedModelHandle }
  | { readonly kind: 'float'; readonly handle: RunnerHandle }
  | { readonly kind: 'channels'; readonly handle: ChannelPassHandle }
  | { readonly kind: 'calibration'; readonly handle: CalibrationPassHandle }
  | { readonly kind: 'quantization'; readonly handle: QuantizationPassesHandle }
  | { readonly kind: 'analysis'; readonly handle: AnalysisPassHandle }
  | { readonly kind: 'sensitivity'; readonly handle: SensitivityPassHandle }
);

type Kind = Entry['kind'];
type EntryOf<K extends Kind> = Extract<Entry, { readonly kind: K }>;

export class WorkerApi {
  readonly #platform: WorkerPlatform;
  readonly #entries = new Map<string, Entry>();
  #core: Core | undefined;

  constructor(platform: WorkerPlatform) {
    this.#platform = platform;
  }

  async start(module: WebAssembly.Module): Promise<void> {
    this.#core = await instantiate(module);
  }

  /** Opens a file and returns what the core says about it, as JSON. */
  open(artifact: Artifact): string {
    const core = this.#started();
    if (artifact.kind === 'net') {
      const { id, bytes, options, externalData } = artifact;
      const paths = JSON.stringify(externalData.map(({ path }) => path));
      const contents = externalData.map((file) => file.contents);
      return this.#keep('net', id, unwrap(core.loadNet(bytes, options, paths, contents)));
    }
    const model = unwrap(core.loadModel(artifact.bytes));
    if (artifact.kind === 'model') return this.#keep('model', artifact.id, model);
    try {
      return this.#keep('float', artifact.id, unwrap(model.floatModel()));
    } finally {
      model.delete();
    }
  }

  /** Frees what the id stands for, if anything. */
  free(id: string): void {
    this.#entries.get(id)?.handle.delete();
    this.#entries.delete(id);
  }

  /** Runs a net or model; returns the bytes of the tensors asked for. */
  async run(id: string, sample: EncodedSample, tensors: readonly number[]): Promise<Uint8Array[]> {
    const results = await this.#withSample(id, sample, (handle) =>
      unwrap(handle.run(JSON.stringify(tensors))),
    );
    return transfer(
      results,
      results.map((bytes) => bytes.buffer as ArrayBuffer),
    );
  }

  /** Likewise, with what is noticed about the sample. */
  async runAndLook(id: string, sample: EncodedSample, tensors: readonly number[]): Promise<LookedAt> {
    const { results, noticed } = await this.#withSample(id, sample, (handle) => ({
      results: unwrap(handle.run(JSON.stringify(tensors))),
      noticed: unwrap(handle.noticed()),
    }));
    return transfer(
      { results, noticed },
      [...results, noticed].map((bytes) => bytes.buffer as ArrayBuffer),
    );
  }

  /** What tells the sample from others, by what it holds once it is decoded. */
  async digest(id: string, sample: EncodedSample): Promise<string> {
    return this.#withSample(id, sample, (handle) => read(handle.digest()));
  }

  /** Sentences about samples, of what was noticed about them. */
  inputWarnings(id: string, noticed: Uint8Array): string[] {
    return read(this.#entry(id, 'net', 'model', 'float').handle.inputWarnings(noticed));
  }

  /**
   * Median time of a run, after at least half a second of them: engines compile hot code while it runs. Runs are timed
   * in groups, since the clocks of browsers are coarse.
   */
  async measure(id: string, sample: EncodedSample): Promise<Timing> {
    const { handle, inputs } = this.#entry(id, 'net', 'model', 'float');
    const write = await this.#prepare(handle, inputs, sample);
    write();
    const timeGroup = (runs: number): number => {
      const before = performance.now();
      for (let run = 0; run < runs; run++) unwrap(handle.run('[]'));
      return performance.now() - before;
    };
    let group = 1;
    for (let spent = 0; spent < 500; ) {
      const milliseconds = timeGroup(group);
      spent += milliseconds;
      if (milliseconds < LEAST_TIMED_MILLISECONDS) group *= 2;
    }
    const times = Array.from({ length: TIMED_GROUPS }, () => timeGroup(group) / group).sort((a, b) => a - b);
    return { milliseconds: times[TIMED_GROUPS >> 1] ?? 0, runs: TIMED_GROUPS * group };
  }

  /** Mean milliseconds of each node, over runs that take about two seconds, after warming up. */
  async profile(id: string, sample: EncodedSample): Promise<{ milliseconds: number[]; runs: number }> {
    const { milliseconds } = await this.measure(id, sample);
    const { handle } = this.#entry(id, 'net', 'model', 'float');
    const runs = Math.max(1, Math.round(PROFILED_MILLISECONDS / milliseconds));
    return { milliseconds: read(handle.profile(runs)), runs };
  }

  constant(id: string, tensor: number): Uint8Array {
    return handedOver(unwrap(this.#entry(id, 'net', 'model', 'float').handle.constant(tensor)));
  }

  /** The contents that an input would have: what preprocessing makes of an image. */
  async inputTensor(id: string, name: string, given: EncodedInput): Promise<Tensor> {
    const { handle, inputs } = this.#entry(id, 'net', 'model', 'float');
    const index = inputs.findIndex((input) => input.name === name);
    const info = inputs[index];
    if (info === undefined) throw noInput(name, inputs);
    const write = await this.#prepareInput(handle, index, info, given);
    write();
    return { data: elementsOf(handle.input(index).slice(), info.dtype), shape: info.shape };
  }

  async decode(file: ImageFile, name: string): Promise<RawImage> {
    try {
      return await this.#platform.decodeImage(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OctetError({
        code: 'INVALID_INPUT',
        message: `Image '${name}' cannot be decoded: ${reason}.`,
        hint: 'Images can be PNG, JPEG or WebP files.',
      });
    }
  }

  /** Begins looking at the channels of net `netId` under the new id; false where the settings need nothing of them. */
  beginChannels(netId: string, id: string, settings: string): boolean {
    const { handle, inputs } = this.#entry(netId, 'net');
    const channels = handle.channels(settings);
    if (channels === null) return false;
    this.#entries.set(id, { kind: 'channels', handle: unwrap(channels), inputs });
    return true;
  }

  /** Settings as net `id` understands them: with whole names of nodes, and what they say of single nodes, as JSON. */
  resolve(id: string, settings: string): string {
    return unwrap(this.#entry(id, 'net').handle.resolve(settings));
  }

  /** How settings divide net `id` over the units, as JSON. */
  partitionWith(id: string, settings: string): string {
    return unwrap(this.#entry(id, 'net').handle.partitionWith(settings));
  }

  /** Begins calibrating net `netId` under the new id, with what was seen of its channels. */
  calibrate(netId: string, id: string, settings: string, channels: Uint8Array): void {
    const { handle, inputs } = this.#entry(netId, 'net');
    const calibration = unwrap(handle.calibrate(settings, channels));
    this.#entries.set(id, { kind: 'calibration', handle: calibration, inputs });
  }

  /** Whether a calibration's statistics are those that other settings need. */
  serves(calibrationId: string, settings: string): boolean {
    return read(this.#entry(calibrationId, 'calibration').handle.serves(settings));
  }

  /** Begins quantizing from the statistics of a calibration under the new id. */
  beginQuantization(calibrationId: string, id: string, settings: string): void {
    const { handle, inputs } = this.#entry(calibrationId, 'calibration');
    this.#entries.set(id, { kind: 'quantization', handle: unwrap(handle.quantization(settings)), inputs });
  }

  /** Makes a model, under the new id, of an already quantized net. */
  convert(netId: string, modelId: string, options: string): FinishedModel {
    return this.#finished(modelId, unwrap(this.#entry(netId, 'net').handle.convert(options)));
  }

  /** Makes a network of transforms under the id. */
  createAuxiliaryNetwork(modelId: string, options: string): FinishedModel {
    return this.#finished(modelId, unwrap(this.#started().createAuxiliaryNetwork(options)));
  }

  /** The JSON of a transform that does what a preprocessing does. */
  preprocessingTransform(options: string): string {
    return unwrap(this.#started().preprocessingTransform(options));
  }

  /** Makes one model of several, which come as their files, under the id. */
  compose(modelId: string, files: readonly Uint8Array[], options: string): FinishedModel {
    return this.#finished(modelId, unwrap(this.#started().compose(files, options)));
  }

  /** Begins comparing model `modelId` with its float model under the new id. */
  analyze(modelId: string, id: string): void {
    const { handle, inputs } = this.#entry(modelId, 'model');
    this.#entries.set(id, { kind: 'analysis', handle: unwrap(handle.analyze()), inputs });
  }

  /** Begins comparing the outputs alone; false where the model was saved without its float model. */
  beginOutputs(modelId: string, id: string): boolean {
    const { handle, inputs } = this.#entry(modelId, 'model');
    const analysis = handle.analyzeOutputs();
    if (analysis === null) return false;
    this.#entries.set(id, { kind: 'analysis', handle: unwrap(analysis), inputs });
    return true;
  }

  /** Begins measuring what roundings make of the outputs of model `modelId` under the new id. */
  beginSensitivity(modelId: string, id: string, eachWeights: boolean): void {
    const { handle, inputs } = this.#entry(modelId, 'model');
    this.#entries.set(id, { kind: 'sensitivity', handle: unwrap(handle.sensitivity(eachWeights)), inputs });
  }

  /** The noise of a sample by output, all roundings together. */
  async totalNoise(id: string, sample: EncodedSample): Promise<number[]> {
    const { handle, inputs } = this.#entry(id, 'sensitivity');
    const write = await this.#prepare(handle, inputs, sample);
    write();
    return read(handle.total());
  }

  /** What observe() returns of a sensitivity, by an estimate that looks at `count` outputs from `first` on. */
  async estimate(id: string, sample: EncodedSample, first: number, count: number): Promise<Uint8Array> {
    const { handle, inputs } = this.#entry(id, 'sensitivity');
    const write = await this.#prepare(handle, inputs, sample);
    write();
    return unwrap(handle.estimate(first, count));
  }

  /** Shows a sample to whatever looks at samples; returns what was seen, for fold(). */
  async observe(id: string, sample: EncodedSample): Promise<Uint8Array> {
    const { handle, inputs } = this.#entry(
      id,
      'channels',
      'calibration',
      'quantization',
      'analysis',
      'sensitivity',
    );
    const write = await this.#prepare(handle, inputs, sample);
    write();
    return unwrap(handle.observe());
  }

  /** Adds up what any workers saw; called in sample order on one worker. */
  fold(id: string, seen: readonly Uint8Array[]): void {
    const { handle } = this.#entry(id, 'channels', 'calibration', 'analysis', 'sensitivity');
    for (const sample of seen) unwrap(handle.fold(sample));
  }

  /** What this worker saw of its samples, for merge() in another. */
  state(id: string): Uint8Array {
    return handedOver(unwrap(this.#entry(id, 'channels', 'calibration', 'quantization').handle.state()));
  }

  merge(id: string, state: Uint8Array): void {
    unwrap(this.#entry(id, 'calibration', 'quantization').handle.merge(state));
  }

  /** Quantizes, or takes in what the last pass saw; the draft that a further pass needs, or null without one. */
  draft(id: string): Uint8Array | null {
    return unwrap(this.#entry(id, 'quantization').handle.draft());
  }

  /** Begins a pass of a quantization over the samples with a draft. */
  beginPass(id: string, draft: Uint8Array): void {
    unwrap(this.#entry(id, 'quantization').handle.beginPass(draft));
  }

  /** Makes the model that was quantized, under the new id. */
  finish(id: string, modelId: string, options: string): FinishedModel {
    return this.#finished(modelId, unwrap(this.#entry(id, 'quantization').handle.finish(options)));
  }

  nodeErrors(id: string, perChannel: boolean): NodeError[] {
    return read(this.#entry(id, 'analysis').handle.errors(perChannel));
  }

  sensitivities(id: string): CoreSensitivity[] {
    return read(this.#entry(id, 'sensitivity').handle.ranking());
  }

  /** Begins a search for INT16 nodes, by the noise that a sensitivity measured. */
  searchInt16(id: string, limit: Int16Limit): void {
    const { handle } = this.#entry(id, 'sensitivity');
    if (limit.kind === 'share') unwrap(handle.searchWithin(limit.share));
    else if (limit.kind === 'steps') unwrap(handle.searchSteps(limit.most));
    else unwrap(handle.searchAll());
  }

  /** Searches for some milliseconds, so that other calls get their turn; false once nothing is left to do. */
  advanceSearch(id: string): boolean {
    const { handle } = this.#entry(id, 'sensitivity');
    const end = performance.now() + SEARCHED_MILLISECONDS;
    let isLeft = true;
    while (isLeft && performance.now() < end) isLeft = read(handle.advance());
    return isLeft;
  }

  /** The nodes that were found. */
  int16Nodes(id: string): Int16Nodes {
    return read(this.#entry(id, 'sensitivity').handle.int16Nodes());
  }

  /** The same in the order in which they had best rise. */
  int16Steps(id: string): Int16Step[] {
    return read(this.#entry(id, 'sensitivity').handle.int16Steps());
  }

  netToTFLite(id: string): Uint8Array {
    return handedOver(unwrap(this.#entry(id, 'net').handle.toTFLite()));
  }

  toTFLite(id: string, ioType: string): Uint8Array {
    return handedOver(unwrap(this.#entry(id, 'model').handle.toTFLite(ioType)));
  }

  exportNotes(id: string, ioType: string): string[] {
    return read(this.#entry(id, 'model').handle.exportNotes(ioType));
  }

  formatOf(beginning: Uint8Array): string {
    return read(this.#started().formatOf(beginning));
  }

  onnxOperators(): string[] {
    return read(this.#started().onnxOperators());
  }

  /** The paths of files beside a model that its constants are in. */
  externalFiles(file: Uint8Array): string[] {
    return read(this.#started().externalFiles(file));
  }

  supportedOperators(): string {
    return unwrap(this.#started().supportedOperators());
  }

  #finished(modelId: string, { file, model }: Finished): FinishedModel {
    const info = this.#keep('model', modelId, model);
    return transfer({ bytes: file, info }, [file.buffer as ArrayBuffer]);
  }

  /** Keeps a net or model under the id and returns what the core says about it, as JSON. */
  #keep(kind: Artifact['kind'], id: string, handle: RunnerHandle): string {
    try {
      const info = unwrap(handle.info());
      const { graph } = JSON.parse(info);
      const inputs = graph.inputs.map((index: number) => graph.tensors[index]);
      this.#entries.set(id, { kind, handle, inputs } as Entry);
      return info;
    } catch (error) {
      handle.delete();
      throw error;
    }
  }

  /** Writes a sample and works on it at once: another call may write its own as soon as this one waits. */
  async #withSample<T>(id: string, sample: EncodedSample, work: (handle: RunnerHandle) => T): Promise<T> {
    const { handle, inputs } = this.#entry(id, 'net', 'model', 'float');
    const write = await this.#prepare(handle, inputs, sample);
    write();
    return work(handle);
  }

  #started(): Core {
    if (this.#core === undefined) throw new Error('The worker was not started.');
    return this.#core;
  }

  #entry<K extends Kind>(id: string, ...kinds: readonly K[]): EntryOf<K> {
    const entry = this.#entries.get(id);
    if (entry === undefined || !kinds.some((kind) => kind === entry.kind)) {
      throw disposed();
    }
    return entry as EntryOf<K>;
  }

  /**
   * Decodes and checks a sample. What it returns writes the sample into the core's memory: the caller runs the core
   * right after, without waiting for anything in between, since calls that overlap share that memory.
   */
  async #prepare(
    handle: SampleHandle,
    inputs: readonly InputInfo[],
    sample: EncodedSample,
  ): Promise<() => void> {
    try {
      const known = new Set(inputs.map((input) => input.name));
      for (const name of Object.keys(sample.inputs)) {
        if (!known.has(name)) throw noInput(name, inputs);
      }
      const writes = await Promise.all(
        inputs.map((info, index) => {
          const given = sample.inputs[info.name];
          if (given === undefined) {
            const message = `Input '${info.name}' of the model is missing.`;
            throw new OctetError({ code: 'INVALID_INPUT', message, where: { input: info.name } });
          }
          return this.#prepareInput(handle, index, info, given);
        }),
      );
      // Samples behind this one are then decoded while it runs.
      await this.#platform.takeMessages();
      return () => {
        // It may have been freed while images were decoded: the call was cancelled.
        if (handle.isDeleted()) throw disposed();
        for (const write of writes) write();
      };
    } catch (error) {
      throw sample.index === undefined ? error : withIndex(error, sample.index);
    }
  }

  async #prepareInput(
    handle: SampleHandle,
    index: number,
    info: InputInfo,
    given: EncodedInput,
  ): Promise<() => void> {
    if (given.kind === 'tensor') {
      checkTensor(given.tensor, info);
      return () => handle.input(index).set(bytesOf(given.tensor.data));
    }
    const image = await this.decode(given.file, given.name);
    return () => unwrap(handle.setImage(index, image.rgba, image.width, image.height, given.preprocessing));
  }
}

/** The bytes, moved to the caller instead of copied. */
function handedOver(bytes: Uint8Array): Uint8Array {
  return transfer(bytes, [bytes.buffer as ArrayBuffer]);
}

function disposed(): OctetError {
  return new OctetError({ code: 'INVALID_INPUT', message: 'This handle was disposed of.' });
}

function noInput(name: string, inputs: readonly InputInfo[]): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `The model has no input '${name}'.`,
    where: { input: name },
    hint: `Its inputs are ${inputs.map((input) => `'${input.name}'`).join(', ')}.`,
  });
}

/** The error with the sample's index in front of its message. */
function withIndex(error: unknown, index: number): unknown {
  if (!(error instanceof OctetError)) return error;
  return new OctetError({ ...error.toJSON(), message: `Sample ${index}: ${error.message}` });
}
