// octet partition: where each node runs, and why not on the accelerator.

import { Command } from 'commander';
import type { Target } from 'octet-quant';
import { addOutputOptions, openFile, targetOption } from '../options.js';
import { type OutputOptions, show } from '../output.js';
import { partitionText } from './inspect.js';

interface Options extends OutputOptions {
  readonly target: Target;
}

export function partitionCommand(): Command {
  const command = new Command('partition')
    .description('Show on which unit each node of a .tflite or .octet file runs, and why.')
    .argument('<file>')
    .addOption(targetOption())
    .action(async (file: string, options: Options) => {
      const model = await openFile(file, options.target);
      const { target, partition } = model;
      const nodes = model.nodes.map(({ name, operator, unit, segment, reasons }) => ({
        name,
        operator,
        unit,
        segment,
        reasons,
      }));
      show(options, { file, target, partition, nodes }, () => partitionText(model));
    });
  return addOutputOptions(command);
}
