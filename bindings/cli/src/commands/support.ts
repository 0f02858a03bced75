// octet support: the table of operators, generated from what the core knows of each.

import { Command } from 'commander';
import { type OperatorSupport, onnxOperators, supportedOperators, type Target } from 'octet-quant';
import { addOutputOptions } from '../options.js';
import { type OutputOptions, show, table } from '../output.js';

interface Options extends OutputOptions {
  readonly markdown?: true;
  readonly onnx?: true;
}

const TARGETS: readonly Target[] = ['gen1', 'gen2', 'tflite'];

export function supportCommand(): Command {
  const command = new Command('support')
    .description('List the operators, and what each target runs of them in INT8, INT16 and BF16.')
    .option('--markdown', 'print a Markdown table')
    .option('--onnx', 'list the operators that are read from .onnx files instead')
    .action(async (options: Options) => {
      if (options.onnx) {
        const names = await onnxOperators();
        show(options, names, () => names.join(', '));
        return;
      }
      const operators = await supportedOperators();
      show(options, operators, () => (options.markdown ? markdown(operators) : plain(operators)));
    });
  return addOutputOptions(command);
}

function precisions(operator: OperatorSupport, target: Target): string {
  const { int8, int16, bf16 } = operator.targets[target];
  const names = [int8 ? 'INT8' : '', int16 ? 'INT16' : '', bf16 ? 'BF16' : ''].filter((name) => name !== '');
  return names.length > 0 ? names.join(' ') : '-';
}

/** The conditions of the accelerator, and of TFLite where it has others. */
function conditions(operator: OperatorSupport): string {
  const accelerator = operator.targets.gen1.constraints;
  const tflite = operator.targets.tflite.constraints;
  return [
    accelerator.length > 0 ? `MLA: ${accelerator.join('; ')}.` : '',
    tflite.length > 0 ? `TFLite: ${tflite.join('; ')}.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** The vision unit computes in float. */
function onVisionUnit(operator: OperatorSupport): string {
  return operator.cvu ? 'float' : '-';
}

function plain(operators: readonly OperatorSupport[]): string {
  return table(
    ['operator', ...TARGETS, 'CVU', 'on condition that'],
    operators.map((row) => [
      row.operator,
      ...TARGETS.map((target) => precisions(row, target)),
      onVisionUnit(row),
      conditions(row),
    ]),
  );
}

function markdown(operators: readonly OperatorSupport[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const columns = ['Operator', ...TARGETS, 'CVU', 'On condition that'];
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...operators.map((row) =>
      line([
        row.operator,
        ...TARGETS.map((target) => precisions(row, target)),
        onVisionUnit(row),
        conditions(row),
      ]),
    ),
  ].join('\n');
}
