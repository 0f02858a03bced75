// octet convert: an already quantized .tflite file as a model for a target, without calibration.

import { Command } from 'commander';
import type { RequantizationMode } from 'octet-quant';
import {
  addOutputOptions,
  addTargetOptions,
  ioOption,
  loadFor,
  outputOption,
  requantizationOption,
  type TargetOptions,
} from '../options.js';
import { count, show, unitText } from '../output.js';
import { checkOutputs, type SaveOptions, save } from './quantize.js';

interface Options extends SaveOptions, TargetOptions {
  readonly requantization?: RequantizationMode;
}

export function convertCommand(): Command {
  const command = new Command('convert')
    .description('Convert an already quantized .tflite file, with the scales that it has.')
    .argument('<file>')
    .addOption(requantizationOption())
    .addOption(ioOption())
    .addOption(outputOption())
    .action(convert);
  return addOutputOptions(addTargetOptions(command));
}

async function convert(file: string, options: Options): Promise<void> {
  checkOutputs(options.output);
  const net = await loadFor(file, options);
  const { requantization } = options;
  const model = await net.convertToSimaQuantization(requantization === undefined ? {} : { requantization });
  const saved = await save(model, options);
  const report = { ...model.report(), ...saved };
  show(options, report, () => {
    const units = model.partition.units.map(
      (share) => `${share.nodes} nodes on ${unitText(share.unit, model.target)}`,
    );
    return [
      `Converted to ${model.params.requantization} requantization; ${units.join(', ')}.`,
      ...report.warnings.map((warning) => `Warning: ${warning}`),
      ...saved.files.map(({ path, bytes }) => `Wrote ${path} (${count(bytes)} bytes).`),
    ].join('\n');
  });
}
