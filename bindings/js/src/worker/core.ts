// The compiled core as seen from one worker: the types of bindings/embind, and how an instance is made. What crosses is
// what bindings/embind/values.h says: documents are JSON, statistics are bytes that are handed on unread, contents are typed
// arrays; the rest are handles.

import createOctetCore from '../octet.js';
import type { NodeError } from '../types.js';
import type { CoreSensitivity, Int16Nodes, Int16Step } from '../wire/core-results.js';
import type { ErrorParts } from '../wire/errors.js';
import { OctetError } from '../wire/errors.js';

/** JSON of what it stands for. */
type Document<T> = string & { readonly of?: T };

/** What was gathered of samples, for whoever folds or merges it. */
type Statistics = Uint8Array;

/** What a call of the core returns when it fails. */
interface Failure {
  readonly error: Document<ErrorParts>;
}

type Result<T> = T | Failure;

interface Handle {
  delete(): void;
  isDeleted(): boolean;
}

/** Memory for one sample. */
export interface SampleHandle extends Handle {
  /** The memory of input `index`; valid until the next call into the core. */
  input(index: number): Uint8Array;
  setImage(
    index: number,
    rgba: Uint8Array,
    width: number,
    height: number,
    preprocessing: string,
  ): Result<undefined>;
  /** What is noticed about the sample, for inputWarnings(). */
  noticed(): Result<Statistics>;
  /** What tells the sample from others, as 16 hexadecimal digits. */
  digest(): Result<Document<string>>;
  /** Sentences about samples, of what was noticed about each, one behind the other. */
  inputWarnings(noticed: Statistics): Result<Document<string[]>>;
}

export interface RunnerHandle extends SampleHandle {
  /** Runs the sample and returns the contents of the tensors asked for. */
  run(tensors: Document<readonly number[]>): Result<Uint8Array[]>;
  /** Runs the sample `runs` times; the mean milliseconds of each node. */
  profile(runs: number): Result<Document<number[]>>;
  /** The contents of a constant. */
  constant(tensor: number): Result<Uint8Array>;
  info(): Result<string>;
}

export interface NetHandle extends RunnerHandle {
  toTFLite(): Result<Uint8Array>;
  /** Settings with whole names of nodes, and what they say of single nodes, as JSON. */
  resolve(settings: string): Result<string>;
  /** How the settings divide the graph over the units, as JSON. */
  partitionWith(settings: string): Result<string>;
  /** What looks at channels before calibrating; null where the settings need nothing of them. */
  channels(settings: string): Result<ChannelPassHandle> | null;
  /** `channels`: the state of channels(), empty where there is none. */
  calibrate(settings: string, channels: Statistics): Result<CalibrationPassHandle>;
  /** From an already quantized net. */
  convert(options: string): Result<Finished>;
}

/** Something that looks at samples one by one. */
export interface ObserverHandle extends SampleHandle {
  observe(): Result<Statistics>;
}

export interface ChannelPassHandle extends ObserverHandle {
  /** Adds up in sample order what observe() returned. */
  fold(seen: Statistics): Result<undefined>;
  state(): Result<Statistics>;
}

/** What the workers saw comes together in one of them. */
export interface MergingHandle extends ObserverHandle {
  state(): Result<Statistics>;
  merge(state: Statistics): Result<undefined>;
}

export interface CalibrationPassHandle extends MergingHandle {
  /** Adds up in sample order what observe() returned. */
  fold(seen: Statistics): Result<undefined>;
  /** Whether these are the statistics that other settings need. */
  serves(settings: string): Result<Document<boolean>>;
  quantization(settings: string): Result<QuantizationPassesHandle>;
}

export interface QuantizationPassesHandle extends MergingHandle {
  /** Quantizes, or takes in the last pass; null when no further pass is needed. */
  draft(): Result<Uint8Array> | null;
  beginPass(draft: Uint8Array): Result<undefined>;
  finish(options: string): Result<Finished>;
}

/** A quantized model, and the .octet file that holds it. */
export interface Finished {
  readonly file: Uint8Array;
  readonly model: QuantizedModelHandle;
}

export interface AnalysisPassHandle extends ObserverHandle {
  fold(seen: Statistics): Result<undefined>;
  errors(perChannel: boolean): Result<Document<NodeError[]>>;
}

export interface SensitivityPassHandle extends ObserverHandle {
  /** What observe() returns by an estimate, which looks at `count` outputs from `first` on. */
  estimate(first: number, count: number): Result<Statistics>;
  /** The noise that all roundings together make of the sample, by output. */
  total(): Result<Document<number[]>>;
  fold(seen: Statistics): Result<undefined>;
  ranking(): Result<Document<CoreSensitivity[]>>;
  /** Begins a search for INT16 nodes, of at most so many multiply-accumulates or steps, or all that may be. */
  searchWithin(share: number): Result<undefined>;
  searchSteps(most: number): Result<undefined>;
  searchAll(): Result<undefined>;
  /** Does a piece of the search; false once none is left. */
  advance(): Result<Document<boolean>>;
  /** What was then found. */
  int16Nodes(): Result<Document<Int16Nodes>>;
  int16Steps(): Result<Document<Int16Step[]>>;
}

export interface QuantizedModelHandle extends RunnerHandle {
  toTFLite(ioType: string): Result<Uint8Array>;
  /** An empty `ioType` stands for any. */
  exportNotes(ioType: string): Result<Document<string[]>>;
  analyze(): Result<AnalysisPassHandle>;
  /** Of the outputs alone; null where the file was saved without the float model. */
  analyzeOutputs(): Result<AnalysisPassHandle> | null;
  floatModel(): Result<RunnerHandle>;
  /** `eachWeights`: the weights of each node by themselves. */
  sensitivity(eachWeights: boolean): Result<SensitivityPassHandle>;
}

export interface Core {
  /** `paths`: JSON of the paths of `contents`, files beside the model that it has constants in. */
  loadNet(
    file: Uint8Array,
    options: string,
    paths: string,
    contents: readonly Uint8Array[],
  ): Result<NetHandle>;
  onnxOperators(): Result<Document<string[]>>;
  externalFiles(file: Uint8Array): Result<Document<string[]>>;
  loadModel(file: Uint8Array): Result<QuantizedModelHandle>;
  createAuxiliaryNetwork(options: string): Result<Finished>;
  preprocessingTransform(options: string): Result<string>;
  /** `files`: the .octet files of the parts. */
  compose(files: readonly Uint8Array[], options: string): Result<Finished>;
  /** 'tflite' or 'octet', of the first 4096 bytes of a file or all that there are. */
  formatOf(beginning: Uint8Array): Result<Document<string>>;
  supportedOperators(): Result<string>;
  /** The bytes of the module that has relaxed SIMD. */
  sideModule(): Uint8Array<ArrayBuffer>;
  /** Uses a function of that module, which is at `index` of the table, where it is exact; says whether it is. */
  useSideFunction(name: string, index: number): boolean;
}

/** The value of a call into the core; throws the OctetError that it failed with. */
export function unwrap<T>(result: Result<T>): T {
  if (isFailure(result)) throw new OctetError(JSON.parse(result.error));
  return result;
}

/**
 * The value of a document. JSON has no number that is infinite, for which the core writes one beyond all numbers, nor NaN,
 * for which it writes null.
 */
export function read<T>(result: Result<Document<T>>): T {
  return JSON.parse(unwrap(result), (_, value) => (value === null ? Number.NaN : value));
}

function isFailure(result: unknown): result is Failure {
  return typeof result === 'object' && result !== null && 'error' in result;
}

/** A new instance, with its own memory, of the compiled core. Throws an OctetError where there can be none. */
export async function instantiate(module: WebAssembly.Module): Promise<Core> {
  let exports: WebAssembly.Exports = {};
  // The generated code waits for `done` and knows of no failure.
  const core = await new Promise<Core>((resolve, reject) => {
    const loaded = createOctetCore({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports)
          .then((instance) => {
            exports = instance.exports;
            done(instance, module);
          })
          .catch((error: unknown) => reject(noInstance(error)));
        return {};
      },
    });
    loaded.then(resolve, reject);
  });
  addSideModule(core, Object.values(exports));
  return core;
}

function noInstance(error: unknown): unknown {
  if (error instanceof WebAssembly.LinkError || error instanceof TypeError) {
    return new OctetError({
      code: 'INVALID_CONFIG',
      message: `The WebAssembly module is not the core of this version of Octet: ${error.message}.`,
      hint: 'Give configure() the octet.wasm that comes with this package, or let the package find it.',
    });
  }
  if (error instanceof RangeError) {
    return new OctetError({
      code: 'OUT_OF_MEMORY',
      message: `A worker has no memory to start in: ${error.message}.`,
      hint: 'Use fewer workers.',
    });
  }
  return error;
}

/**
 * A module with `try_table`. V8 before it (Node 20 and 22) loads all that a loop's body needs before it multiplies,
 * whatever the order of the code, and so has registers for tiles of four pixels only.
 */
const TRY_TABLE = new Uint8Array([
  // Magic and version, the type of a function without operands, a function of it, and its code: an empty try_table.
  0,
  97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b,
]);

/** Gives the core the functions that need relaxed SIMD, where the engine has it and they are exact here. */
function addSideModule(core: Core, exports: readonly WebAssembly.ExportValue[]): void {
  const bytes = core.sideModule();
  if (!WebAssembly.validate(bytes)) return;
  // By kind: the names of exports are minified.
  const memory = exports.find((value) => value instanceof WebAssembly.Memory);
  const table = exports.find((value) => value instanceof WebAssembly.Table);
  if (memory === undefined || table === undefined) throw new Error('The core exports no memory or no table.');
  const side = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const unused = WebAssembly.validate(TRY_TABLE) ? 'octet_fused_gemm_4' : 'octet_fused_gemm_6';
  for (const [name, value] of Object.entries(side.exports)) {
    if (name === unused) continue;
    const index = table.grow(1);
    table.set(index, value);
    core.useSideFunction(name, index);
  }
}
