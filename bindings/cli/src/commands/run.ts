// octet run: one sample through a model, every tensor to a file.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { LoadedNet, Model, OutputTensor, Sample, Tensor } from 'octet-quant';
import { UsageError } from '../exit-code.js';
import { readNpy, writeNpy } from '../npy.js';
import { addOutputOptions, openFile, repeated } from '../options.js';
import { type OutputOptions, shapeText, show, table } from '../output.js';

interface Options extends OutputOptions {
  readonly input: readonly string[];
  readonly outputDir: string;
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
    .description('Run a .tflite or .octet file on NumPy arrays.')
    .argument('<file>')
    .requiredOption('--input <name=file.npy>', 'an input (repeatable)', repeated)
    .requiredOption('--output-dir <folder>', 'where tensors and tensors.json are written')
    .option('--keep <node>', "'all', or the name of a node to keep too (repeatable)", repeated)
    .action(async (file: string, options: Options) => {
      const model = await openFile(file, 'gen1');
      const keepLayerOutputs = options.keep?.includes('all') ? 'all' : (options.keep ?? []);
      const tensors = await model.execute(await inputsOf(model, options.input), { keepLayerOutputs });
      await mkdir(options.outputDir, { recursive: true });
      const entries = await Promise.all(
        Object.entries(tensors).map(([name, tensor], index) => write(options.outputDir, name, tensor, index)),
      );
      await writeFile(join(options.outputDir, 'tensors.json'), `${JSON.stringify(entries, null, 1)}\n`);
      show(options, entries, () =>
        table(
          ['file', 'type', 'shape', 'tensor'],
          entries.map(({ name, file: path, dtype, shape }) => [path, dtype, shapeText(shape), name]),
        ),
      );
    });
  return addOutputOptions(command);
}

/** Reads `name=path`, or `path` alone where the model has one input. */
async function inputsOf(model: LoadedNet | Model, given: readonly string[]): Promise<Sample> {
  const inputs: Record<string, Tensor> = {};
  for (const text of given) {
    const at = text.lastIndexOf('=');
    const name = at >= 0 ? text.slice(0, at) : model.inputs.length === 1 ? model.inputs[0]?.name : undefined;
    if (name === undefined) throw new UsageError(`--input is name=file.npy, not '${text}'.`);
    inputs[name] = await readNpy(text.slice(at + 1));
  }
  return inputs;
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
