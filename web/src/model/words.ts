// Words for nodes and their attributes, as short as they stay unambiguous.

import type { NodeInfo, TensorInfo } from 'octet-quant';
import { figure } from 'octet-quant/display';

const ACTIVATION: Readonly<Record<string, string>> = {
  RELU: 'ReLU',
  RELU6: 'ReLU6',
  RELU_N1_TO_1: 'ReLU −1…1',
};

/** "DEPTHWISE_CONV_2D" with its window and stride: "Depthwise 3×3 /2". */
export function operatorTitle(node: NodeInfo, tensors: ReadonlyMap<string, TensorInfo>): string {
  const window = windowOf(node, tensors);
  const stride = pair(node.attributes.stride);
  const strideText =
    stride && (stride[0] > 1 || stride[1] > 1)
      ? ` /${stride[0] === stride[1] ? stride[0] : stride.join('×')}`
      : '';
  return `${node.shortOperator}${window ? ` ${window[0]}×${window[1]}` : ''}${strideText}`;
}

/** The activation fused behind an operator, or an empty string. */
export function fusedActivation(node: NodeInfo): string {
  const activation = node.attributes.activation;
  return typeof activation === 'string' && activation.toLowerCase() !== 'none'
    ? (ACTIVATION[activation.toUpperCase()] ?? activation)
    : '';
}

function windowOf(
  node: NodeInfo,
  tensors: ReadonlyMap<string, TensorInfo>,
): readonly [number, number] | undefined {
  const fromAttributes = pair(node.attributes.window);
  if (fromAttributes) return fromAttributes;
  if (!['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV'].includes(node.operator)) return undefined;
  const filter = node.inputs
    .map((name) => tensors.get(name))
    .find((tensor) => tensor?.constant && tensor.shape.length === 4);
  const [, height, width] = filter?.shape ?? [];
  return height !== undefined && width !== undefined ? [height, width] : undefined;
}

function pair(value: unknown): readonly [number, number] | undefined {
  if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'number')
    return [value[0], value[1]];
  if (typeof value !== 'object' || value === null) return undefined;
  const height: unknown = Reflect.get(value, 'height');
  const width: unknown = Reflect.get(value, 'width');
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

const SPATIAL_ATTRIBUTES = ['stride', 'dilation', 'window', 'output'];

/** The attribute `name` of a node as a person would write it. */
export function attributeOf(name: string, value: unknown): string {
  const spatial = SPATIAL_ATTRIBUTES.includes(name) ? pair(value) : undefined;
  if (spatial) return spatial.join('×');
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return name === 'padding' && parts.every((part) => part === 0) ? 'none' : attributeText(value);
}

function attributeText(value: unknown): string {
  const spatial = pair(value);
  if (spatial && !Array.isArray(value)) return `${spatial[0]}×${spatial[1]}`;
  if (Array.isArray(value)) return `[${value.map(attributeText).join(', ')}]`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return figure(value);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => `${attributeName(name)} ${attributeText(part)}`)
      .join(', ');
  }
  return String(value);
}

/** "keepDims" and "keep_dims" as "keep dims". */
export function attributeName(name: string): string {
  return name
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}
