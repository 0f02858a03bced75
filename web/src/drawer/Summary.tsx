// Before and after, at a glance.

import { bytes, decibels, milliseconds, percent } from 'octet-quant/display';
import type { ReactNode } from 'react';
import { inIntegers } from '../model/precision';
import { outputError, scoresOf } from '../model/results';
import type { Run } from '../model/types';
import { setState, useStore } from '../state/store';

export function Summary({ run }: { readonly run: Run }) {
  const info = useStore((state) => state.model?.info);
  const scores = run.classification && scoresOf(run.classification);
  const atOutput = info && outputError(run, info);
  const constants = run.report.sizes;
  // BF16 is written into a .tflite as float32, whose size says nothing of the model's.
  const size = inIntegers(run.settings) ? run.sizes.tflite : undefined;
  return (
    <dl className="summary">
      {scores?.floatAccuracy !== undefined && scores.quantizedAccuracy !== undefined && (
        <Figure
          name="Accuracy"
          before={percent(scores.floatAccuracy)}
          after={percent(scores.quantizedAccuracy)}
          title={`on ${scores.labelled} images`}
        />
      )}
      {scores && (
        <Figure
          name="Same answer"
          after={
            <button type="button" className="summary-link" onClick={() => setState({ view: 'outputs' })}>
              {percent(scores.agreement)}
            </button>
          }
          title={`${scores.changed.length} of ${run.compareImages} images changed`}
        />
      )}
      {atOutput !== undefined && (
        <Figure
          name="Output"
          after={decibels(atOutput)}
          title="Signal to quantization noise of the model's output"
        />
      )}
      {size === undefined ? (
        <Figure
          name="Constants"
          before={bytes(constants.floatConstantBytes)}
          after={bytes(constants.quantizedConstantBytes)}
          title="Weights and biases before and after; TFLite has no kernels for the model as it is"
        />
      ) : (
        <Figure
          name="Size"
          before={bytes(run.sizes.source)}
          after={bytes(size)}
          title="File before and after"
        />
      )}
      {run.timing && (
        <Figure
          name="Time"
          before={milliseconds(run.timing.float)}
          after={milliseconds(run.timing.quantized)}
          title="One image, in one worker of this browser"
        />
      )}
    </dl>
  );
}

function Figure({
  name,
  before,
  after,
  title,
}: {
  readonly name: string;
  readonly before?: string;
  readonly after: ReactNode;
  readonly title: string;
}) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>
        {before !== undefined && (
          <>
            <span className="summary-before">{before}</span>
            <span className="muted"> → </span>
          </>
        )}
        {after}
      </dd>
    </div>
  );
}
