// What is drawn of a model: its operators, its inputs and outputs, and the tensors that flow between them.

import type { GraphInfo, NodeInfo, TensorInfo, Unit } from 'octet-quant';
import { shapeText } from 'octet-quant/display';
import { operatorTitle } from './words';

/** An operator of the network, or one of its ends. `id` is what a selection holds. */
export type NetworkNode =
  | {
      readonly kind: 'input' | 'output';
      readonly id: string;
      readonly title: string;
      readonly detail: string;
      readonly tensor: TensorInfo;
    }
  | {
      readonly kind: 'operator';
      readonly id: string;
      readonly title: string;
      readonly detail: string;
      readonly node: NodeInfo;
    };

export interface NetworkEdge {
  readonly from: number;
  readonly to: number;
  readonly tensor: string;
}

export interface Network {
  readonly nodes: readonly NetworkNode[];
  readonly edges: readonly NetworkEdge[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Tensor name to the id of the node that computes it. */
  readonly producerOf: ReadonlyMap<string, string>;
}

export const inputId = (tensor: string): string => `input ${tensor}`;
export const outputId = (tensor: string): string => `output ${tensor}`;

export function networkOf(info: GraphInfo): Network {
  const tensors = new Map(info.tensors.map((tensor) => [tensor.name, tensor]));
  const nodes: NetworkNode[] = [
    ...info.inputs.map((tensor) => end('input', tensor)),
    ...info.nodes.map((node): NetworkNode => operator(node, tensors)),
    ...info.outputs.map((tensor) => end('output', tensor)),
  ];
  const indexOf = new Map(nodes.map(({ id }, index) => [id, index]));
  const producer = new Map<string, number>();
  nodes.forEach((node, index) => {
    if (node.kind === 'input') producer.set(node.tensor.name, index);
    if (node.kind === 'operator') for (const tensor of node.node.outputs) producer.set(tensor, index);
  });
  const edges: NetworkEdge[] = [];
  nodes.forEach((node, to) => {
    const consumed =
      node.kind === 'operator' ? node.node.inputs : node.kind === 'output' ? [node.tensor.name] : [];
    for (const tensor of new Set(consumed)) {
      const from = producer.get(tensor);
      if (from !== undefined) edges.push({ from, to, tensor });
    }
  });
  const producerOf = new Map([...producer].map(([tensor, index]) => [tensor, nodes[index]?.id ?? '']));
  return { nodes, edges, indexOf, tensors, producerOf };
}

function end(kind: 'input' | 'output', tensor: TensorInfo): NetworkNode {
  const id = kind === 'input' ? inputId(tensor.name) : outputId(tensor.name);
  return { kind, id, title: tensor.name, detail: `${shapeText(tensor.shape)} ${tensor.dtype}`, tensor };
}

function operator(node: NodeInfo, tensors: ReadonlyMap<string, TensorInfo>): NetworkNode {
  const output = tensors.get(node.outputs[0] ?? '');
  return {
    kind: 'operator',
    id: node.name,
    title: operatorTitle(node, tensors),
    detail: output ? shapeText(output.shape) : '',
    node,
  };
}

/** The unit that a node's colour stands for; the ends belong to none. */
export function unitOf(node: NetworkNode): Unit | undefined {
  return node.kind === 'operator' ? node.node.unit : undefined;
}

/** Whether a node matches what was typed: its name, short name, operator, unit or segment. */
export function matches(node: NetworkNode, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return true;
  const texts =
    node.kind === 'operator'
      ? [node.node.name, node.node.label, node.node.operator, node.title, node.node.unit, node.node.segment]
      : [node.tensor.name, node.kind];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
