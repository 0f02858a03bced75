// Runs one image through the float and the quantized model.

import type { Tensor, TensorMap } from 'octet-quant';
import { useEffect, useState } from 'react';
import { datasetOf, floatNet, quantizedModel } from '../engine/engine';
import { noticeOf } from '../model/notice';
import { activationsName } from '../model/precision';
import type { ImageEntry, Run } from '../model/types';
import { getState } from '../state/store';

export interface Outputs {
  readonly image: ImageEntry;
  readonly input: Tensor | undefined;
  /** What the run is compared with: the float model, or the file that was converted. Absent for an opened .octet. */
  readonly float: TensorMap | undefined;
  readonly floatName: string;
  /** Of the run; without one, of the model as it is. */
  readonly quantized: TensorMap;
  readonly quantizedName: string;
}

export function useOutputs(
  run: Run | undefined,
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

async function execute(
  run: Run | undefined,
  images: readonly ImageEntry[],
  index: number,
): Promise<Outputs | undefined> {
  const image = images[index];
  const { model, target, preprocessing } = getState();
  if (!image || !model) return undefined;
  const floatName = model.quantized ? 'File' : 'Float';
  const net = model.format === 'octet' ? undefined : await floatNet(model, target);
  const quantized = run && (await quantizedModel(run));
  const any = net ?? quantized;
  if (!any) return undefined;
  const dataset = await datasetOf(any, images, run?.preprocessing ?? preprocessing);
  const sample = await dataset.sample(index);
  const input = Object.values(sample)[0];
  if (!run || !quantized) {
    return {
      image,
      input,
      float: undefined,
      floatName,
      quantized: await any.execute(sample),
      quantizedName: floatName,
    };
  }
  const [float, integer] = await Promise.all([net?.execute(sample), quantized.execute(sample)]);
  const quantizedName = activationsName(run.settings);
  return { image, input, float, floatName, quantized: integer, quantizedName };
}
