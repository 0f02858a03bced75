// Which compute units the network is placed on.

import type { Target } from 'octet-quant';
import { floatNet } from '../engine/engine';
import { infoOf } from '../engine/info';
import { fittedTo } from '../model/precision';
import { attempt } from './attempt';
import { cancel } from './running';
import { getState, setState } from './store';

/** Counts calls of setTarget: the latest has its way. */
let placings = 0;

/** Places the network on another target, with the settings that suit it; says whether it is there. */
export async function setTarget(target: Target): Promise<boolean> {
  placings += 1;
  const placing = placings;
  const { model, target: before } = getState();
  if (target === before) return true;
  // A run uses the net that is about to be replaced.
  cancel();
  if (!model || model.format === 'octet') {
    setState({ target });
    return true;
  }
  await attempt('Placing the network', async () => {
    const net = await floatNet(model, target);
    if (placing !== placings || getState().model?.bytes !== model.bytes) return;
    const known = new Set(net.nodes.flatMap(({ name, label, sourceNodes }) => [name, label, ...sourceNodes]));
    setState(({ params }) => ({
      target,
      model: { ...model, info: infoOf(net), warnings: net.warnings },
      params: fittedTo(params, target, (name) => known.has(name)).withRequantizationMode(
        net.defaultQuantization.requantization,
      ),
    }));
  });
  return getState().target === target;
}
