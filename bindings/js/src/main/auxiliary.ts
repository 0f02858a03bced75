// Auxiliary networks, made of transforms, and models composed of others.

import {
  type AuxiliaryOptions,
  type ComposeOptions,
  type Model,
  type OutputTensor,
  type Preprocessing,
  Target,
  type Tensor,
  type TensorInfo,
  type TensorType,
  type Transform,
  type TransformJson,
  type TypedArray,
} from '../types.js';
import { VERSION } from '../version.js';
import { OctetError } from '../wire/errors.js';
import { holdsArtifact } from '../wire/protocol.js';
import { checkChoice } from './choices.js';
import { modelMadeBy } from './model.js';
import { leastBusyWorker } from './pool.js';

/** A model of transforms, one for each input in order; a transform that takes several inputs takes as many. */
export async function createAuxiliaryNetwork(
  transforms: readonly Transform[],
  inputTypes: Readonly<Record<string, TensorType>>,
  options: AuxiliaryOptions = {},
): Promise<Model> {
  const { target = 'gen1', name = 'auxiliary' } = options;
  checkChoice('target', target, Object.values(Target));
  const description = JSON.stringify({
    name,
    target,
    transforms,
    inputTypes: Object.entries(inputTypes).map(([input, { dtype, shape, quantization }]) => ({
      name: input,
      dtype,
      shape,
      quantization,
    })),
    octetVersion: VERSION,
  });
  return modelMadeBy(
    leastBusyWorker(),
    (api, id) => api.createAuxiliaryNetwork(id, description),
    options.signal,
  );
}

/** One model of several: the outputs of each are the inputs of the next, in order. */
export function composeModels(models: readonly Model[], options: ComposeOptions = {}): Promise<Model> {
  const files = models.map((model) => {
    if (!holdsArtifact(model)) {
      throw new OctetError({ code: 'INVALID_INPUT', message: 'Only models of Octet can be composed.' });
    }
    return model.artifact.bytes;
  });
  const description = JSON.stringify({ name: options.name, octetVersion: VERSION });
  return modelMadeBy(leastBusyWorker(), (api, id) => api.compose(id, files, description), options.signal);
}

/** The JSON of a transform that makes of decoded pixels what `preprocessing` makes of images. */
export async function preprocessingJson(
  preprocessing: Preprocessing,
  imageShape: readonly number[],
  inputType: TensorType,
): Promise<TransformJson> {
  const description = JSON.stringify({
    preprocessing,
    imageShape,
    inputType: { name: 'input', ...inputType },
  });
  return JSON.parse(await leastBusyWorker().call((api) => api.preprocessingTransform(description)));
}

/** What the transforms make of tensors. */
export async function executeTransforms(
  transforms: readonly Transform[],
  inputs: readonly Tensor[],
): Promise<readonly OutputTensor[]> {
  const network = await networkOf(transforms, inputs.map(typeOf));
  try {
    const sample = Object.fromEntries(inputs.map((tensor, index) => [inputName(index), tensor]));
    return Object.values(await network.execute(sample));
  } finally {
    network.dispose();
  }
}

/** The types of what the transforms make of tensors of these types. */
export async function resultTypes(
  transforms: readonly Transform[],
  types: readonly TensorType[],
): Promise<readonly TensorType[]> {
  const network = await networkOf(transforms, types);
  try {
    return network.outputs.map(withoutName);
  } finally {
    network.dispose();
  }
}

function inputName(index: number): string {
  return `input${index}`;
}

function networkOf(transforms: readonly Transform[], types: readonly TensorType[]): Promise<Model> {
  return createAuxiliaryNetwork(
    transforms,
    Object.fromEntries(types.map((type, index) => [inputName(index), type])),
  );
}

function withoutName({ dtype, shape, quantization }: TensorInfo): TensorType {
  return quantization === undefined ? { dtype, shape } : { dtype, shape, quantization };
}

/** The type that a tensor has by its data; one that was computed says more. */
function typeOf(tensor: Tensor): TensorType {
  const { shape } = tensor;
  const { dtype, quantization } = tensor as Partial<OutputTensor>;
  return { dtype: dtype ?? dtypeOf(tensor.data), shape, ...(quantization && { quantization }) };
}

const DTYPES = {
  Float32Array: 'float32',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'bfloat16',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
} as const;

function dtypeOf(data: TypedArray): TensorType['dtype'] {
  const dtype = DTYPES[data?.[Symbol.toStringTag]];
  if (dtype === undefined) {
    throw new OctetError({ code: 'INVALID_INPUT', message: 'A tensor must have a typed array as data.' });
  }
  return dtype;
}
