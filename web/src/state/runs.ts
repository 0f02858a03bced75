// Quantizing, and what came of it.

import { defaultQuantization, type NodePrecision, QuantizationParams } from 'octet-quant';
import { forgetModel } from '../engine/engine';
import {
  convertAndMeasure,
  type Measured,
  measuringPhases,
  plannedPhases,
  quantizeAndMeasure,
  type Reporter,
} from '../engine/quantize';
import { classCount, classNames } from '../model/classes';
import { partsOf } from '../model/images';
import { chosenNodes } from '../model/precision';
import type { Phase, Run } from '../model/types';
import { attempt } from './attempt';
import { JobClock } from './job';
import { begin, ended } from './running';
import { setPrecision } from './settings';
import { getState, setState } from './store';
import { setTarget } from './target';

/** `int16Share`: of the multiply-accumulates, those of nodes that are raised to INT16 where it helps most. */
export async function quantize(int16Share?: number): Promise<void> {
  const state = getState();
  const { model, params } = state;
  if (!model || model.quantized) return;
  const { calibrate } = partsOf(state.images);
  const passes = plannedPhases(params, calibrate.length, int16Share);
  const share =
    int16Share === undefined ? '' : ` with INT16 for ${Math.round(100 * int16Share)} % of the MACs`;
  await run('Quantizing', `${nameOfRun(params, state.runs)}${share}`, passes, (measured, reporter) =>
    quantizeAndMeasure({ ...measured, params, calibrate, int16Share }, reporter),
  );
}

/** An already quantized file as a model whose layers rescale by shifts. */
export async function convert(): Promise<void> {
  const state = getState();
  if (!state.model?.quantized || state.model.format === 'octet') return;
  const name = `${nameOfRun(defaultQuantization, state.runs)} (converted)`;
  await run('Converting', name, [{ name: 'quantize', total: 1, done: 0 }], convertAndMeasure);
}

/** Does the work of a run, followed by its progress, and shows what came of it. */
async function run(
  what: string,
  runName: string,
  making: readonly Phase[],
  work: (measured: Measured, reporter: Reporter) => Promise<Run>,
): Promise<void> {
  const state = getState();
  const { model, images, target, preprocessing } = state;
  if (!model || state.job) return;
  const { compare } = partsOf(images);
  const controller = begin();
  const phases = [...making, ...measuringPhases(compare.length, classCount(model.info) !== undefined)];
  const clock = new JobClock(runName, phases, (job) => setState({ job }));
  const measured: Measured = {
    file: model,
    target,
    preprocessing,
    compare,
    classes: classNames(state),
    runName,
  };
  await attempt(what, async () => {
    const finished = await work(measured, {
      phase: (name, done) => clock.report(name, done),
      leaveOut: (name) => clock.leaveOut(name),
      signal: controller.signal,
    });
    setState(({ runs }) => ({
      runs: [...runs, finished],
      activeRun: finished.id,
      coloring: 'error',
      view: 'errors',
      phoneTab: 'results',
      notice: undefined,
    }));
  });
  clock.stop();
  ended();
  setState({ job: undefined });
}

function nameOfRun(params: QuantizationParams, runs: readonly Run[]): string {
  const number = 1 + Math.max(0, ...runs.map(({ name }) => Number(name.match(/^Run (\d+)/)?.[1] ?? 0)));
  const chosen = chosenNodes(params.toJSON());
  const kept = chosen.filter(({ precision }) => precision === 'FLOAT').length;
  const others = chosen.length - kept;
  const notes = [kept > 0 ? `${kept} in float` : '', others > 0 ? `${others} chosen` : ''].filter(Boolean);
  return `Run ${number}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

/** Quantizes as in a run, but with some nodes in a higher precision. */
export async function fix(run: Run, names: readonly string[], precision: NodePrecision): Promise<void> {
  if (!(await takeSettingsOf(run))) return;
  setPrecision(names, precision);
  await quantize();
}

/** Quantizes as in a run, but with INT16 where it helps the outputs most, up to a share of the multiply-accumulates. */
export async function mix(run: Run, int16Share: number): Promise<void> {
  if (await takeSettingsOf(run)) await quantize(int16Share);
}

export function showRun(id: string): void {
  setState({ activeRun: id });
}

export function deleteRun(id: string): void {
  forgetModel(id);
  setState(({ runs, activeRun, coloring }) => {
    const left = runs.filter((run) => run.id !== id);
    const active = activeRun === id ? left.at(-1)?.id : activeRun;
    return { runs: left, activeRun: active, coloring: active === undefined ? 'unit' : coloring };
  });
}

/** Forgets all runs, as another model is opened. */
export function dropRuns(): void {
  for (const { id } of getState().runs) forgetModel(id);
  setState({ runs: [], activeRun: undefined, coloring: 'unit' });
}

/** Says whether they are taken over; where the network cannot be placed on the run's target, nothing changes. */
export async function takeSettingsOf(run: Run): Promise<boolean> {
  // Placing the network anew fits the settings to the target; the run's own are what is wanted.
  if (!(await setTarget(run.target))) return false;
  setState({ params: QuantizationParams.fromJSON(run.settings), preprocessing: run.preprocessing });
  return true;
}
