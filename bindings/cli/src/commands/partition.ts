// octet partition: where each node runs, and why not on the accelerator.

import { Command } from 'commander';
import { addOutputOptions, addTargetOptions, openFile, type TargetOptions } from '../options.js';
import { type OutputOptions, show } from '../output.js';
import { partitionText } from './inspect.js';

type Options = OutputOptions & TargetOptions;

export function partitionCommand(): Command {
  const command = new Command('partition')
    .description('Show on which unit each node of a .tflite or .octet file runs, and why.')
    .argument('<file>')
    .action(async (file: string, options: Options) => {
      const model = await openFile(file, options);
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
  return addOutputOptions(addTargetOptions(command));
}
