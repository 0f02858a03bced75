// octet run: one sample through a model, every tensor to a file.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import {
  type LoadedNet,
  type Model,
  OctetError,
  type OutputTensor,
  type Profile,
  type Sample,
} from 'octet-quant';
import { UsageError } from '../exit-code.js';
import { writeNpy } from '../numpy/npy.js';
import { samplesFromArrays } from '../numpy/samples.js';
import { addModelOptions, addOutputOptions, type ModelOptions, openFile, repeated } from '../options.js';
import { assumed, count, type OutputOptions, shapeText, show, table } from '../output.js';

interface Options extends OutputOptions, ModelOptions {
  readonly input: readonly string[];
  readonly outputDir?: string;
  readonly profile?: true;
  readonly keep?: readonly string[];
}

/** An entry of tensors.json. */
interface TensorEntry {
  readonly name: string;
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** null when the tensor is not quantized. */
  readonly scale: number | readonly number[] | null;
  readonly zero_point: number | readonly number[] | null;
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('Run a .tflite, .onnx or .octet file on NumPy arrays.')
    .argument('<file>')
    .requiredOption(
      '--input <name=file.npy>',
      'an input, whose name may be left out where it is the only one; or a .npz file (repeatable)',
      repeated,
    )
    .option('--output-dir <folder>', 'where tensors and tensors.json are written')
    .option('--keep <node>', "'all', or the name of a node to keep too (repeatable)", repeated)
    .option('--profile', 'show the time of each node instead of writing tensors')
    .action(async (file: string, options: Options) => {
      const { outputDir } = options;
      if ((outputDir === undefined) !== (options.profile === true)) {
        throw new UsageError('Give either --output-dir, for the tensors, or --profile, for the times.');
      }
      const model = await openFile(file, { ...options, target: 'tflite' });
      const inputs = await sampleOf(model, options);
      if (outputDir === undefined) {
        const profile = await model.profile(inputs);
        show(options, profile, () => profileTable(profile));
      } else {
        const entries = await writeTensors(model, inputs, outputDir, options.keep ?? []);
        show(options, entries, () =>
          table(
            ['file', 'type', 'shape', 'tensor'],
            entries.map(({ name, file: path, dtype, shape }) => [path, dtype, shapeText(shape), name]),
          ),
        );
      }
    });
  return addOutputOptions(addModelOptions(command));
}

async function writeTensors(
  model: LoadedNet | Model,
  inputs: Sample,
  folder: string,
  keep: readonly string[],
): Promise<TensorEntry[]> {
  const tensors = await model.execute(inputs, { keepLayerOutputs: keep.includes('all') ? 'all' : keep });
  await mkdir(folder, { recursive: true });
  const entries = await Promise.all(
    Object.entries(tensors).map(([name, tensor], index) => write(folder, name, tensor, index)),
  );
  await writeFile(join(folder, 'tensors.json'), `${JSON.stringify(entries, null, 1)}\n`);
  return entries;
}

/** The nodes in execution order, and their sum. */
function profileTable({ milliseconds, runs, nodes }: Profile): string {
  const perSecond = (amount: number, time: number): string =>
    amount > 0 && time > 0 ? (amount / time / 1e6).toFixed(2) : '';
  return [
    table(
      ['>ms', '>share', '>MACs', '>GMAC/s', '>bytes', '>GB/s', 'unit', 'operator', 'node'],
      nodes.map((node) => [
        node.milliseconds.toFixed(4),
        `${((100 * node.milliseconds) / milliseconds).toFixed(1)} %`,
        count(node.multiplyAccumulates),
        perSecond(node.multiplyAccumulates, node.milliseconds),
        count(node.bytes),
        perSecond(node.bytes, node.milliseconds),
        node.unit,
        node.operator,
        node.label,
      ]),
    ),
    '',
    `${milliseconds.toFixed(3)} ms a run, mean of ${runs}`,
  ].join('\n');
}

/** The one sample that the arrays given are. */
async function sampleOf(model: LoadedNet | Model, options: Options): Promise<Sample> {
  const onAssumption = (sentence: string) => assumed(options, sentence);
  const [sample, ...others] = await samplesFromArrays(options.input, model.inputs, { onAssumption });
  if (sample !== undefined && others.length === 0) return sample;
  throw new OctetError({
    code: 'INVALID_SHAPE',
    message: `octet run takes one sample, and the arrays hold ${others.length + 1}.`,
    hint: 'Save one of them, x[:1].',
  });
}

async function write(
  folder: string,
  name: string,
  tensor: OutputTensor,
  index: number,
): Promise<TensorEntry> {
  const file = `${String(index).padStart(4, '0')}.npy`;
  await writeNpy(join(folder, file), tensor);
  const { dtype, shape, quantization } = tensor;
  const single = (values: readonly number[]) => (values.length === 1 ? (values[0] ?? null) : values);
  return {
    name,
    file,
    dtype,
    shape,
    scale: quantization === undefined ? null : single(quantization.scale),
    zero_point: quantization === undefined ? null : single(quantization.zeroPoint),
  };
}
