// What follows from the state: memoised on the parts that it depends on.

import type { GraphInfo, NodeError } from 'octet-quant';
import { useMemo } from 'react';
import { type Network, networkOf } from '../model/network';
import type { Run } from '../model/types';
import { type AppState, useStore } from './store';

let lastInfo: GraphInfo | undefined;
let lastNetwork: Network | undefined;

/** The network of the loaded model; the same object as long as the model stays. */
export function networkFor(info: GraphInfo): Network {
  if (info !== lastInfo || lastNetwork === undefined) {
    lastInfo = info;
    lastNetwork = networkOf(info);
  }
  return lastNetwork;
}

export function useNetwork(): Network | undefined {
  const info = useStore((state) => state.model?.info);
  return info && networkFor(info);
}

export function activeRun(state: AppState): Run | undefined {
  return state.runs.find(({ id }) => id === state.activeRun);
}

export function useActiveRun(): Run | undefined {
  return useStore(activeRun);
}

/** dB by node name, of the run that is shown. */
export function useErrorOf(): ReadonlyMap<string, NodeError> {
  const run = useActiveRun();
  return useMemo(() => new Map(run?.errors.map((error) => [error.node, error])), [run]);
}
