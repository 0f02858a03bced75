// octet inspect: what is in a file, and where each node runs.

import { Command } from 'commander';
import type { LoadedNet, Model } from 'octet-quant';
import { addOutputOptions, addTargetOptions, openFile, type TargetOptions } from '../options.js';
import { count, type OutputOptions, shapeText, show, table, unitText } from '../output.js';

type Options = OutputOptions & TargetOptions;

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Show inputs, outputs, operators and the partition of a .tflite, .onnx or .octet file.')
    .argument('<file>')
    .action(async (file: string, options: Options) => {
      const model = await openFile(file, options);
      show(options, description(file, model), () => text(file, model));
    });
  return addOutputOptions(addTargetOptions(command));
}

function description(file: string, model: LoadedNet | Model): object {
  const { name, target, inputs, outputs, nodes, partition } = model;
  const warnings = warningsOf(model);
  return { file, name, target, inputs, outputs, operators: operators(model), nodes, partition, warnings };
}

function warningsOf(model: LoadedNet | Model): readonly string[] {
  return 'warnings' in model ? model.warnings : model.report().warnings;
}

/** How often each operator occurs, the most frequent first. */
function operators({ nodes }: LoadedNet | Model): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function text(file: string, model: LoadedNet | Model): string {
  const tensors = (list: LoadedNet['inputs']) =>
    list.map(({ name, dtype, shape }) => `  ${name}  ${dtype} ${shapeText(shape)}`);
  const listed = Object.entries(operators(model)).map(([operator, times]) => `${operator} ${times}`);
  return [
    `${file}: ${model.nodes.length} nodes`,
    'Inputs',
    ...tensors(model.inputs),
    'Outputs',
    ...tensors(model.outputs),
    'Operators',
    `  ${listed.join(', ')}`,
    '',
    partitionText(model),
    ...warningsOf(model).map((warning) => `Warning: ${warning}`),
  ].join('\n');
}

/** The partition as a table of units, one of segments, and the sentences of nodes off the accelerator. */
export function partitionText({ target, nodes, partition }: LoadedNet | Model): string {
  const elsewhere = nodes.filter(({ reasons }) => reasons.length > 0);
  return [
    `Partition for ${target}`,
    table(
      ['unit', '>nodes', '>MACs', '>parameters'],
      partition.units.map((share) => [
        unitText(share.unit, target),
        count(share.nodes),
        count(share.multiplyAccumulates),
        count(share.parameters),
      ]),
    ),
    '',
    table(
      ['segment', '>nodes', 'from', 'to'],
      partition.segments.map(({ name, nodes: inside, inputs, outputs }) => [
        name,
        count(inside.length),
        inputs.join(', '),
        outputs.join(', '),
      ]),
    ),
    `${count(partition.boundaryBytes)} bytes cross between segments.`,
    ...(partition.notes ?? []),
    ...(elsewhere.length === 0
      ? []
      : ['', `Not on ${target === 'tflite' ? "TFLite's integer kernels" : 'the accelerator'}:`]),
    ...elsewhere.map(({ label, operator, reasons }) => `  ${label} (${operator}): ${reasons.join(' ')}`),
  ].join('\n');
}
