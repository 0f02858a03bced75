// Saves what was made, under names that say what it is.

import { createReport, type Report, type ReportAccuracy, reportHtml } from 'octet-quant';
import { datasetOf, quantizedModel } from '../engine/engine';
import { baseName } from '../engine/quantize';
import { partsOf } from '../model/images';
import { noticeOf } from '../model/notice';
import { activationsName } from '../model/precision';
import { scoresOf } from '../model/results';
import type { Run } from '../model/types';
import { getState, setState } from '../state/store';

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

export async function downloadReport(run: Run): Promise<void> {
  try {
    save(`${nameFor(run)}_report.html`, reportHtml(await reportOf(run)), 'text/html');
  } catch (error) {
    setState({ notice: noticeOf(error, 'Writing the report') });
  }
}

/** What the run has measured already is not measured again. */
async function reportOf(run: Run): Promise<Report> {
  const { model: loaded, images } = getState();
  const model = await quantizedModel(run);
  const { compare } = partsOf(images);
  const samples = compare.length > 0 ? await datasetOf(model, compare, run.preprocessing) : [];
  const modelFile = loaded?.fileName;
  return createReport(model, samples, {
    title: modelFile === undefined ? run.name : `${modelFile}: ${run.name}`,
    ...(modelFile === undefined ? {} : { modelFile }),
    errors: run.errors,
    accuracy: accuracyOf(run),
    ...(run.timing === undefined ? {} : { times: run.timing }),
    classes: run.classification?.classes ?? [],
    date: new Date(run.finishedAt).toISOString().slice(0, 10),
  });
}

function accuracyOf({ classification }: Run): readonly ReportAccuracy[] {
  if (classification === undefined) return [];
  const {
    floatAccuracy: float,
    quantizedAccuracy: quantized,
    agreement,
    labelled,
  } = scoresOf(classification);
  const same = { statistic: 'Same answer', samples: classification.images.length, quantized: agreement };
  if (float === undefined || quantized === undefined) return [same];
  return [{ statistic: 'Accuracy', samples: labelled, float, quantized }, same];
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
