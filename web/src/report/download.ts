// Saves what was made, under names that say what it is.

import { quantizedModel } from '../engine/engine';
import { baseName } from '../engine/quantize';
import { noticeOf } from '../state/actions';
import { networkFor } from '../state/derive';
import { activationsName } from '../state/precision';
import { getState, setState } from '../state/store';
import type { Run } from '../state/types';
import { reportHtml } from './html';

export async function downloadTFLite(run: Run, ioType: 'float32' | 'int8' | 'int16'): Promise<void> {
  try {
    const model = await quantizedModel(run);
    const numbers = activationsName(run.settings).toLowerCase();
    const ends = ioType === 'float32' ? '' : '_io';
    save(
      `${nameFor(run)}_${numbers}${ends}.tflite`,
      await model.toTFLite({ ioType }),
      'application/octet-stream',
    );
  } catch (error) {
    setState({ notice: noticeOf(error, 'Writing the .tflite') });
  }
}

export function downloadOctet(run: Run): void {
  save(`${nameFor(run)}.octet`, run.octet, 'application/octet-stream');
}

export function downloadSettings(run: Run): void {
  save(`${nameFor(run)}_settings.json`, `${JSON.stringify(run.settings, null, 2)}\n`, 'application/json');
}

export function downloadReport(run: Run): void {
  const { model } = getState();
  if (model) save(`${nameFor(run)}_report.html`, reportHtml(run, model, networkFor(model.info)), 'text/html');
}

/** "fashion", "fashion_run2": the first run needs no number. */
function nameFor(run: Run): string {
  const base = baseName(getState().model?.fileName ?? 'model');
  const number = run.name.match(/^Run (\d+)/)?.[1];
  return number === undefined || number === '1' ? base : `${base}_run${number}`;
}

function save(name: string, content: Uint8Array | string, type: string): void {
  const blob = new Blob([typeof content === 'string' ? content : new Uint8Array(content)], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
