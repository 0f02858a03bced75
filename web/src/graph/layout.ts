// Asks the layout worker for the drawing of a network, and remembers it for as long as the network lives.

import type { Network, NetworkNode } from '../model/network';
import type { LayoutResult } from './layered';
import LayoutWorker from './layout.worker?worker&inline';

const OPERATOR_WIDTH = 172;
const CHARACTER_WIDTH = 6.6;
export const NODE_HEIGHT = 40;

interface Waiting {
  readonly resolve: (result: LayoutResult) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | undefined;
let nextId = 0;
const waiting = new Map<number, Waiting>();
const known = new WeakMap<Network, Promise<LayoutResult>>();

export function layoutOf(network: Network): Promise<LayoutResult> {
  const before = known.get(network);
  if (before) return before;
  const input = {
    nodes: network.nodes.map((node) => ({ width: nodeWidth(node), height: NODE_HEIGHT })),
    edges: network.edges.map(({ from, to }) => ({ from, to })),
  };
  const result = new Promise<LayoutResult>((resolve, reject) => {
    worker ??= startWorker();
    const id = nextId++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, input });
  });
  known.set(network, result);
  result.catch(() => known.delete(network));
  return result;
}

export function nodeWidth(node: NetworkNode): number {
  if (node.kind === 'operator') return OPERATOR_WIDTH;
  const longest = Math.max(node.title.length, node.detail.length);
  return Math.min(OPERATOR_WIDTH + 40, Math.max(96, Math.round(longest * CHARACTER_WIDTH) + 28));
}

function startWorker(): Worker {
  const started = new LayoutWorker();
  started.onmessage = (event: MessageEvent<{ readonly id: number; readonly result: LayoutResult }>): void => {
    waiting.get(event.data.id)?.resolve(event.data.result);
    waiting.delete(event.data.id);
  };
  started.onerror = ({ message }): void => {
    started.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  };
  return started;
}
