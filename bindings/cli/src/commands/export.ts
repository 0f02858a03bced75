// octet export: a model as a .tflite file, not quantized.

import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { loadModel } from 'octet-quant';
import { UsageError } from '../exit-code.js';
import { addModelOptions, addOutputOptions, loadFor, type ModelOptions } from '../options.js';
import { count, type OutputOptions, show } from '../output.js';

interface Options extends OutputOptions, ModelOptions {
  readonly output: string;
}

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write a .onnx or .tflite file as .tflite, in float where it is float.')
    .argument('<file>')
    .requiredOption('--output <file>', 'a .tflite file')
    .action(exportFile);
  return addOutputOptions(addModelOptions(command));
}

async function exportFile(file: string, options: Options): Promise<void> {
  const { output } = options;
  if (!output.endsWith('.tflite')) throw new UsageError(`'${output}' does not end in .tflite.`);
  using net = await loadFor(file, { ...options, target: 'tflite' });
  const bytes = await net.toTFLite();
  await writeFile(output, bytes);
  // What was written is what counts, not what it was made of.
  using written = await loadModel(bytes, { target: 'tflite' });
  const { inputs, outputs, nodes } = written;
  const transposes = nodes.filter(({ operator }) => operator === 'TRANSPOSE').length;
  const result = { file: output, bytes: bytes.length, inputs, outputs, nodes: nodes.length, transposes };
  const { warnings } = net;
  show(options, { ...result, warnings }, () =>
    [
      ...warnings.map((warning) => `Warning: ${warning}`),
      `Wrote ${output} (${count(bytes.length)} bytes): ${count(nodes.length)} nodes, ${count(transposes)} of them TRANSPOSE.`,
    ].join('\n'),
  );
}
