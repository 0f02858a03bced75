#!/usr/bin/env node
// The `octet` command. Exit codes: 0 done, 1 wrong usage, 2 bad input, 3 a target accuracy was not met.

import { Command, CommanderError } from 'commander';
import { OctetError, version } from 'octet-quant';
import { analyzeCommand } from './commands/analyze.js';
import { convertCommand } from './commands/convert.js';
import { demoCommand } from './commands/demo.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { inspectCommand } from './commands/inspect.js';
import { partitionCommand } from './commands/partition.js';
import { preprocessCommand } from './commands/preprocess.js';
import { quantizeCommand } from './commands/quantize.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { supportCommand } from './commands/support.js';
import { AccuracyNotMet, ExitCode, UsageError } from './exit-code.js';

const program = new Command('octet')
  .description('Quantizes neural networks and shows what the accelerator would compute.')
  .version(version)
  .showHelpAfterError('(octet --help says more)');

for (const command of [
  inspectCommand(),
  partitionCommand(),
  quantizeCommand(),
  convertCommand(),
  exportCommand(),
  runCommand(),
  evaluateCommand(),
  analyzeCommand(),
  reportCommand(),
  preprocessCommand(),
  supportCommand(),
  demoCommand(),
]) {
  program.addCommand(command);
}

/** Throws instead of exiting, everywhere, so that the exit code is decided here. */
function throwOnExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwOnExit);
}

function reportAndChoose(error: unknown): ExitCode {
  if (error instanceof AccuracyNotMet) return ExitCode.AccuracyNotMet;
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
  if (error instanceof UsageError) {
    process.stderr.write(`octet: ${error.message}\n`);
    return ExitCode.Usage;
  }
  if (error instanceof OctetError) {
    process.stderr.write(`octet: ${error.message}${error.hint === '' ? '' : `\n       ${error.hint}`}\n`);
    return ExitCode.BadInput;
  }
  // What the file system says: the path is in its message.
  process.stderr.write(`octet: ${error instanceof Error ? error.message : String(error)}\n`);
  return ExitCode.BadInput;
}

throwOnExit(program);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportAndChoose(error);
}
