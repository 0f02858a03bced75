// Words for operators and their attributes, as short as they stay unambiguous.

import type { NodeInfo, TensorInfo } from 'octet-quant';
import { figure } from 'octet-quant/display';

const SHORT_OPERATOR: Readonly<Record<string, string>> = {
  CONV_2D: 'Conv',
  DEPTHWISE_CONV_2D: 'Depthwise',
  TRANSPOSE_CONV: 'Transpose conv',
  FULLY_CONNECTED: 'Fully connected',
  AVERAGE_POOL_2D: 'Average pool',
  MAX_POOL_2D: 'Max pool',
  RESIZE_BILINEAR: 'Resize bilinear',
  RESIZE_NEAREST_NEIGHBOR: 'Resize nearest',
  HARD_SWISH: 'Hard-swish',
  ELU: 'ELU',
  GELU: 'GELU',
  LEAKY_RELU: 'Leaky ReLU',
  PRELU: 'PReLU',
  RELU: 'ReLU',
  RELU6: 'ReLU6',
  RELU_0_TO_1: 'ReLU 0…1',
  RELU_N1_TO_1: 'ReLU −1…1',
  CONCATENATION: 'Concat',
  L2_NORMALIZATION: 'L2 norm',
  ARG_MAX: 'Argmax',
  DEPTH_TO_SPACE: 'Depth to space',
  SPACE_TO_DEPTH: 'Space to depth',
  STRIDED_SLICE: 'Strided slice',
  MIRROR_PAD: 'Mirror pad',
  NMS_MAX_POOL: 'NMS max pool',
};

/** "DEPTHWISE_CONV_2D" with its window and stride: "Depthwise 3×3 /2". */
export function operatorTitle(node: NodeInfo, tensors: ReadonlyMap<string, TensorInfo>): string {
  const name = SHORT_OPERATOR[node.operator] ?? sentenceCase(node.operator);
  const window = windowOf(node, tensors);
  const stride = pair(node.attributes.stride);
  const strideText =
    stride && (stride[0] > 1 || stride[1] > 1)
      ? ` /${stride[0] === stride[1] ? stride[0] : stride.join('×')}`
      : '';
  return `${name}${window ? ` ${window[0]}×${window[1]}` : ''}${strideText}`;
}

/** The activation fused behind an operator, or an empty string. */
export function fusedActivation(node: NodeInfo): string {
  const activation = node.attributes.activation;
  return typeof activation === 'string' && activation.toLowerCase() !== 'none'
    ? (SHORT_OPERATOR[activation.toUpperCase()] ?? activation)
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

function sentenceCase(operator: string): string {
  const words = operator.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
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
