// The one button; while it works, what it is doing, how long it will take, and the way out.

import { duration } from 'octet-quant/display';
import { type RefObject, useLayoutEffect, useRef } from 'react';
import type { Job, LoadedModel, Phase, PhaseName } from '../model/types';
import { cancel } from '../state/running';
import { convert, quantize } from '../state/runs';
import { useStore } from '../state/store';

export const PHASE_WORDS: Readonly<Record<PhaseName, string>> = {
  smooth: 'Compare channels',
  calibrate: 'Find the ranges',
  rank: 'Find what rounding costs',
  judge: 'Try the methods',
  refine: 'Correct and round',
  quantize: 'Quantize',
  float: 'Answers in float',
  quantized: 'Answers quantized',
  layers: 'Error of each layer',
  time: 'Time',
  files: 'Files',
};

export function RunBox() {
  const job = useStore((state) => state.job);
  const model = useStore((state) => state.model);
  const images = useStore((state) => state.images.length);
  const runs = useStore((state) => state.runs);
  const box = useKeptFocus(job === undefined);
  const last = runs.at(-1);
  return (
    <div ref={box} className="run-box">
      <p className="visually-hidden" role="status">
        {job ? `${job.title}: ${PHASE_WORDS[job.current]}` : last ? `${last.name} is finished` : ''}
      </p>
      {job ? (
        <Progress job={job} />
      ) : model?.quantized ? (
        <Quantized model={model} />
      ) : (
        <>
          <button
            type="button"
            className="button primary"
            disabled={images === 0}
            onClick={() => void quantize()}
          >
            {runs.length > 0 ? 'Quantize again' : 'Quantize'}
          </button>
          {images === 0 && <p className="small muted">Needs images to find the ranges with.</p>}
        </>
      )}
    </div>
  );
}

/** Who started or cancelled with the keyboard goes on from the button that has taken the place of theirs. */
function useKeptFocus(idle: boolean): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const wasIdle = useRef(idle);
  const hadFocus = box.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (wasIdle.current !== idle && hadFocus && document.activeElement === document.body)
      box.current?.querySelector('button')?.focus();
    wasIdle.current = idle;
  });
  return box;
}

/** What can be done with a model that came in integers. */
function Quantized({ model }: { readonly model: LoadedModel }) {
  return (
    <>
      <p className="small muted">
        {model.fileName} is quantized already. It can be looked at and run on images; to quantize with other
        settings, open the float model that it was made from.
      </p>
      {model.format !== 'octet' && (
        <>
          <button type="button" className="button primary" onClick={() => void convert()}>
            Convert to shifts
          </button>
          <p className="small muted">
            Every layer then rescales by a right shift, as the MLA does. Activations keep the file’s scales,
            weights are rounded anew.
          </p>
        </>
      )}
    </>
  );
}

function Progress({ job }: { readonly job: Job }) {
  const now = job.phases.findIndex(({ name }) => name === job.current);
  return (
    <>
      <div className="run-head">
        <strong>{job.title}</strong>
        <span className="muted" role="timer">
          {job.secondsLeft === undefined
            ? 'starting'
            : `${duration(Math.max(1, Math.round(job.secondsLeft)))} left`}
        </span>
      </div>
      <ol className="phases">
        {job.phases.map((phase, index) => (
          <PhaseLine
            key={phase.name}
            phase={phase}
            state={index < now ? 'done' : index === now ? 'now' : 'later'}
          />
        ))}
      </ol>
      <button type="button" className="button" onClick={cancel}>
        Cancel
      </button>
    </>
  );
}

function PhaseLine({ phase, state }: { readonly phase: Phase; readonly state: 'done' | 'now' | 'later' }) {
  return (
    <li className="phase" data-state={state}>
      <span>{PHASE_WORDS[phase.name]}</span>
      <span>
        {state === 'done'
          ? '✓'
          : state === 'now' && phase.total > 1
            ? `${phase.done.toLocaleString('en')} of ${phase.total.toLocaleString('en')}`
            : ''}
      </span>
      {state === 'now' && (
        <progress
          aria-label={PHASE_WORDS[phase.name]}
          max={phase.total}
          {...(phase.total > 1 ? { value: phase.done } : {})}
        />
      )}
    </li>
  );
}
