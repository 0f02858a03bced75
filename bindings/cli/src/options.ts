// Options that several commands share.

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  formatOf,
  type ImageDataset,
  imageDataset,
  type LoadedNet,
  type LoadOptions,
  loadModel,
  Model,
  type Preprocessing,
  type SampleSource,
  settingsTable,
  type Target,
} from 'octet-quant';
import { UsageError } from './exit-code.js';
import { namesArrays, samplesFromArrays } from './numpy/samples.js';
import type { Normalization } from './numpy/values.js';
import { assumed, type OutputOptions } from './output.js';

export interface PreprocessingOptions {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly resize?: NonNullable<Preprocessing['resize']>;
  readonly keepAspect?: true;
  readonly deposit?: NonNullable<Preprocessing['deposit']>;
  readonly color?: NonNullable<Preprocessing['color']>;
  readonly layout?: NonNullable<Preprocessing['layout']>;
}

export function addOutputOptions(command: Command): Command {
  return command.option('--json', 'print one JSON document').option('--quiet', 'print nothing but errors');
}

/** What of a model file is read. */
export interface ModelOptions {
  readonly inputShape?: Readonly<Record<string, readonly number[]>>;
  readonly outputs?: readonly string[];
}

/** What loading a model depends on. */
export interface TargetOptions extends ModelOptions {
  readonly target: Target;
  readonly anyShapeOnMla?: boolean;
}

function inputShape(
  text: string,
  before: Readonly<Record<string, readonly number[]>> = {},
): Readonly<Record<string, readonly number[]>> {
  const [, name, list] = /^(.+)=([\dx,]+)$/.exec(text) ?? [];
  const shape = list?.split(/[x,]/).map(Number) ?? [];
  if (name === undefined || shape.some((extent) => !(extent >= 1)))
    throw new InvalidArgumentError('It must be a name and a shape, as x=1,3,320,320.');
  return { ...before, [name]: shape };
}

/** Options of commands that read a .tflite or .onnx file. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      '--input-shape <name=shape>',
      "shape of an input with open dimensions, in the file's order of axes (repeatable)",
      inputShape,
    )
    .option('--outputs <names>', 'tensors to end the model at, with commas in between (repeatable)', names);
}

function names(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',')];
}

/** The same, of those that also place its nodes. */
export function addTargetOptions(command: Command): Command {
  return addModelOptions(command.addOption(targetOption()).addOption(anyShapeOption()));
}

function targetOption(): Option {
  return new Option('--target <target>', 'what the model is for')
    .choices(['gen1', 'gen2', 'tflite'])
    .default('gen1');
}

function anyShapeOption(): Option {
  return new Option('--any-shape-on-mla', 'let tensors on the accelerator that do not have four dimensions');
}

/** A model for the target that the options choose, in so many workers at once. */
export function loadFor(
  path: string,
  { target, anyShapeOnMla = false, inputShape = {}, outputs = [] }: TargetOptions,
  workers: LoadOptions['workers'] = 1,
): Promise<LoadedNet> {
  return loadModel(path, { target, anyShapeOnMla, inputShapes: inputShape, outputs, workers });
}

export function requantizationOption(): Option {
  return new Option('--requantization <mode>', "integer arithmetic (default: the target's)").choices(
    settingsTable.choices.requantization,
  );
}

export function ioOption(): Option {
  return new Option('--io <type>', 'inputs and outputs of the .tflite')
    .choices(['float32', 'int8', 'int16'])
    .default('float32');
}

export function outputOption(): Option {
  return new Option('--output <file>', 'a .tflite or .octet file (repeatable)')
    .argParser(repeated)
    .makeOptionMandatory();
}

export function workersOption(): Option {
  return new Option('--workers <count>', 'worker threads (default: the processors, at most 4)').argParser(
    (text) => {
      const workers = Number(text);
      if (!Number.isInteger(workers) || workers < 1) throw new InvalidArgumentError('It must be at least 1.');
      return workers;
    },
  );
}

export function addPreprocessingOptions(command: Command): Command {
  const numbers = (text: string, before: readonly number[] = []): readonly number[] => {
    const values = text.split(',').map(Number);
    if (text === '' || values.some(Number.isNaN)) throw new InvalidArgumentError('It must be numbers.');
    return [...before, ...values];
  };
  return command
    .option('--mean <values...>', 'subtracted from pixels (0 to 255), one value or one a channel', numbers)
    .option('--std <values...>', 'divides what is left, one value or one a channel', numbers)
    .addOption(
      new Option('--resize <method>', 'how images are resized').choices([
        'bilinear',
        'nearest',
        'area',
        'cubic',
      ]),
    )
    .option('--keep-aspect', 'leave the rest of the input black instead of stretching images')
    .addOption(
      new Option('--deposit <place>', 'where images then lie (default: center)').choices([
        'topLeft',
        'center',
        'bottomRight',
      ]),
    )
    .addOption(new Option('--color <order>', 'channels of the input').choices(['RGB', 'BGR', 'GRAY']))
    .addOption(new Option('--layout <layout>', 'layout of the input').choices(['NHWC', 'NCHW']));
}

/** The preprocessing that the options ask for; what they leave open is as in `defaults`. */
export function preprocessingOf(options: PreprocessingOptions, defaults: Preprocessing): Preprocessing {
  const { mean, std, resize, keepAspect, deposit, color, layout } = options;
  return {
    ...defaults,
    ...(mean === undefined ? {} : { mean: oneOrMany(mean) }),
    ...(std === undefined ? {} : { std: oneOrMany(std) }),
    ...(resize === undefined ? {} : { resize }),
    ...(keepAspect === undefined ? {} : { keepAspect }),
    ...(deposit === undefined ? {} : { deposit }),
    ...(color === undefined ? {} : { color }),
    ...(layout === undefined ? {} : { layout }),
  };
}

function oneOrMany(values: readonly number[]): number | readonly number[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}

/** Images scaled to 0..1: what a model without other instructions most often wants. */
export const UNIT_RANGE: Preprocessing = { mean: 0, std: 255 };

/** What options that take samples say of them. */
export const SAMPLES =
  'images, folder or zip; or .npy files of samples, name=file.npy where the model has several inputs, or .npz (repeatable)';

/** Samples from paths of images, folders and zips, or from files of arrays, whose first axis counts samples. */
export async function samplesFrom(
  paths: readonly string[],
  net: LoadedNet | Model,
  options: PreprocessingOptions & OutputOptions,
  defaults: Preprocessing,
): Promise<SampleSource & { readonly length: number }> {
  const arrays = paths.filter(namesArrays);
  if (arrays.length === 0 && net.inputs.length === 1)
    return images(paths, net, preprocessingOf(options, defaults));
  if (arrays.length === 0) {
    const names = net.inputs.map(({ name }) => `'${name}'`).join(', ');
    throw new UsageError(
      `Images are for models with one input, and this one has ${names}: give name=file.npy for each, or a .npz file with an array for each.`,
    );
  }
  if (arrays.length !== paths.length) throw new UsageError('Give either images or .npy files.');
  const normalization = normalizationOf(options);
  return samplesFromArrays(arrays, net.inputs, {
    ...(normalization === undefined ? {} : { normalization }),
    onAssumption: (sentence) => assumed(options, sentence),
  });
}

const IMAGES_ONLY: Readonly<Partial<Record<keyof PreprocessingOptions, string>>> = {
  resize: '--resize',
  keepAspect: '--keep-aspect',
  deposit: '--deposit',
  color: '--color',
  layout: '--layout',
};

/** What the options ask for of arrays; those that mean nothing to them are refused. */
function normalizationOf(options: PreprocessingOptions): Normalization | undefined {
  for (const [key, flag] of Object.entries(IMAGES_ONLY)) {
    if (options[key as keyof PreprocessingOptions] !== undefined)
      throw new UsageError(`${flag} is for images: of arrays, only --mean and --std change the values.`);
  }
  const { mean, std } = options;
  if (mean === undefined && std === undefined) return undefined;
  // Pixels are divided by 255 where images are given without --std, which would be guessed of arrays.
  if (std === undefined) throw new UsageError('--mean needs --std where arrays are given.');
  return { mean: mean ?? [0], std };
}

/** Images alone: what needs labels, or shows pictures. */
export function images(
  paths: readonly string[],
  net: LoadedNet | Model,
  preprocessing: Preprocessing,
): Promise<ImageDataset> {
  const array = paths.find(namesArrays);
  if (array !== undefined) {
    throw new UsageError(`'${array}' is no image: this takes images, folders and zips, which have names.`);
  }
  return imageDataset(paths, preprocessing, { net });
}

/** Opens a .octet file as a model and any other as a net, whatever they are called. */
export async function openFile(path: string, options: TargetOptions): Promise<LoadedNet | Model> {
  return (await formatOf(path)) === 'octet' ? Model.load(path) : loadFor(path, options);
}

/** Opens a .octet file, or a quantized .tflite file with its own integers, beside what these stand for in float. */
export async function openQuantized(path: string): Promise<Model> {
  if ((await formatOf(path)) === 'octet') return Model.load(path);
  const net = await loadModel(path, { target: 'tflite' });
  return net.convertToSimaQuantization({ requantization: 'tflite' });
}

/** Collects the values of an option that may be given several times. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
