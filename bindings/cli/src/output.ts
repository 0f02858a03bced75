// What the terminal shows: tables, numbers, a progress bar. Results go to stdout, everything else to stderr.

import { Presets, SingleBar } from 'cli-progress';
import type { Progress, Target, Unit } from 'octet-quant';

/** How much is shown. */
export interface OutputOptions {
  /** One JSON document on stdout; stderr has errors, and what was assumed. */
  readonly json?: true;
  /** Nothing but errors. */
  readonly quiet?: true;
}

/** Writes the result: as JSON, as the text that `text` makes, or not at all. */
export function show(options: OutputOptions, json: unknown, text: () => string): void {
  if (options.json) process.stdout.write(`${JSON.stringify(json, null, 1)}\n`);
  else if (!options.quiet) process.stdout.write(`${text()}\n`);
}

/** Something worth saying that is no result. */
export function note(options: OutputOptions, message: string): void {
  if (!options.json && !options.quiet) process.stderr.write(`${message}\n`);
}

/** Says what was assumed of what was given; to programs as well, since it may be wrong. */
export function assumed(options: OutputOptions, sentence: string): void {
  if (!options.quiet) process.stderr.write(`Note: ${sentence}\n`);
}

/** A progress bar with the time left; none where nobody watches. `finish` clears it. */
export function progressBar(options: OutputOptions): {
  onProgress: (progress: Progress) => void;
  finish: () => void;
} {
  if (!process.stderr.isTTY || options.quiet || options.json) {
    return { onProgress: () => undefined, finish: () => undefined };
  }
  const bar = new SingleBar(
    {
      format: '{phase} {bar} {value}/{total}  {eta_formatted} left',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.rect,
  );
  let current: Progress['phase'] | undefined;
  return {
    onProgress({ phase, done, total }) {
      if (phase !== current) {
        bar.stop();
        bar.start(total ?? 0, done, { phase });
        current = phase;
      }
      bar.update(done, { phase });
    },
    finish: () => bar.stop(),
  };
}

/** Rows in columns; columns whose name starts with '>' are aligned to the right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = columns.map((column) => column.startsWith('>'));
  const lines = [columns.map((column) => column.replace(/^>/, '')), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, index) =>
          right[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** 58234 → "58,234". */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Four significant digits, at most. */
export function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

export function decibels(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : 'exact';
}

/** The unit's name for readers: target tflite has no accelerator, but TFLite's integer kernels. */
export function unitText(unit: Unit, target: Target): string {
  return target === 'tflite' && unit === 'MLA' ? 'TFLite' : unit;
}

export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/** 0.924 → "92.40 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
