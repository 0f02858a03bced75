// Runs one image through the float and the quantized model.

import type { Tensor, TensorMap } from 'octet-quant';
import { useEffect, useState } from 'react';
import { datasetOf, floatNet, quantizedModel } from '../engine/engine';
import { noticeOf } from '../state/actions';
import { getState } from '../state/store';
import type { ImageEntry, Run } from '../state/types';

export interface Outputs {
  readonly image: ImageEntry;
  readonly run: Run;
  readonly input: Tensor | undefined;
  /** Absent for an opened .octet file. */
  readonly float: TensorMap | undefined;
  readonly quantized: TensorMap;
}

export function useOutputs(
  run: Run,
  images: readonly ImageEntry[],
  index: number,
): { readonly outputs: Outputs | undefined; readonly failure: string | undefined } {
  const [state, setState] = useState<{ outputs: Outputs | undefined; failure: string | undefined }>({
    outputs: undefined,
    failure: undefined,
  });
  useEffect(() => {
    let current = true;
    execute(run, images, index).then(
      (outputs) => current && setState({ outputs, failure: undefined }),
      (error: unknown) =>
        current && setState({ outputs: undefined, failure: noticeOf(error, 'Running the image').message }),
    );
    return () => {
      current = false;
    };
  }, [run, images, index]);
  return state;
}

async function execute(run: Run, images: readonly ImageEntry[], index: number): Promise<Outputs | undefined> {
  const image = images[index];
  const { model } = getState();
  if (!image || !model) return undefined;
  const quantized = await quantizedModel(run);
  const net = model.format === 'tflite' ? await floatNet(model.bytes, getState().target) : undefined;
  const dataset = await datasetOf(net ?? quantized, images, run.preprocessing);
  const sample = await dataset.sample(index);
  const [float, integer] = await Promise.all([net?.execute(sample), quantized.execute(sample)]);
  return { image, run, input: Object.values(sample)[0], float, quantized: integer };
}
