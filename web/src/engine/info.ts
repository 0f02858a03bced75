// What handles of the library tell, without the handle.

import type { GraphInfo, LoadedNet, Model } from 'octet-quant';

/** A copy of what a handle tells about its graph. */
export function infoOf(graph: Model | LoadedNet): GraphInfo {
  const { name, inputs, outputs, nodes, tensors, partition } = graph;
  return { name, inputs, outputs, nodes, tensors, partition };
}
