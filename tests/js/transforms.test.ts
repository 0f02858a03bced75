// Transforms: immutable data that the core computes with.

import {
  argmax,
  compose,
  cropTransform,
  dequantizationTransform,
  identity,
  layoutTransform,
  quantizationTransform,
  reshapeTransform,
  sigmoidTransform,
  sliceTransform,
  softmaxTransform,
  type Tensor,
  Transform,
} from 'octet-quant';
import { expectRejection } from './support/fashion.js';

const floats = (shape: readonly number[], values: readonly number[]): Tensor => ({
  data: Float32Array.from(values),
  shape,
});

async function applied(transform: Transform, input: Tensor): Promise<number[]> {
  const [output] = await transform.apply(input);
  return Array.from(output?.data ?? [], Number);
}

test('are immutable JSON, and come back from it', async () => {
  const newshape = [2, -1];
  const both = compose([softmaxTransform({ axis: 0 }), reshapeTransform({ newshape })]);
  newshape[0] = 3;
  const json = JSON.stringify(both);
  expect(json).toBe(
    '{"transform":"compose","transforms":[{"transform":"softmax","axis":0},{"transform":"reshape","newshape":[2,-1]}]}',
  );
  expect(Object.isFrozen(both)).toBe(true);
  expect(Object.isFrozen(both.toJSON().transforms)).toBe(true);
  const back = Transform.fromJSON(JSON.parse(json));
  expect(back.toJSON()).toEqual(both.toJSON());
  const input = floats([2, 2], [1, 2, 3, 4]);
  expect(await applied(back, input)).toEqual(await applied(both, input));
  expect(() => Transform.fromJSON({} as never)).toThrow(/its name in 'transform'/);
});

test('move, select and convert', async () => {
  const image = floats([1, 2, 3, 1], [0, 1, 2, 3, 4, 5]);
  expect(await applied(layoutTransform({ srcLayout: 'NHWC', dstLayout: 'NWHC' }), image)).toEqual([
    0, 3, 1, 4, 2, 5,
  ]);
  const boundingBox = [
    [1, 0],
    [3, 1],
  ] as const;
  expect(await applied(cropTransform({ boundingBox }), image)).toEqual([1, 2]);
  const slice = sliceTransform({ begin: [0, -1, 0, 0], end: [1, 2, -1, 1] });
  expect(await applied(slice, image)).toEqual([3, 4]);
  expect(await applied(identity(), image)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await applied(argmax({ axis: 2 }), image)).toEqual([2, 2]);
  const channelParams = [[0.5, -1]] as const;
  const quantized = await quantizationTransform({ channelParams }).apply(image);
  expect(quantized[0]).toMatchObject({ dtype: 'int8', quantization: { scale: [0.5], zeroPoint: [-1] } });
  expect(Array.from(quantized[0]?.data ?? [], Number)).toEqual([-1, 1, 3, 5, 7, 9]);
  // What was computed says what it stands for; other meanings are refused.
  const [reals] = await dequantizationTransform({ channelParams }).apply(quantized);
  expect(Array.from(reals?.data ?? [], Number)).toEqual([0, 1, 2, 3, 4, 5]);
  const other = dequantizationTransform({ channelParams: [[0.25, -1]] });
  await expectRejection(other.apply(quantized), 'INVALID_CONFIG', /stand for other reals/);
  const sigmoid = await sigmoidTransform({ saveInt16: true }).apply(floats([1], [0]));
  expect(sigmoid[0]).toMatchObject({ dtype: 'int16', data: Int16Array.of(16384) });
});

test('tell what they make of types', async () => {
  const classify = compose([softmaxTransform(), argmax({ axis: -1 })]);
  expect(await classify.getResultType({ dtype: 'float32', shape: [1, 4, 10] })).toEqual([
    { dtype: 'int32', shape: [1, 4] },
  ]);
  const quantize = quantizationTransform({ channelParams: [[0.5, 0]], numBits: 16 });
  expect(await quantize.getResultType([{ dtype: 'float32', shape: [2] }])).toEqual([
    { dtype: 'int16', shape: [2], quantization: expect.objectContaining({ scale: [0.5], zeroPoint: [0] }) },
  ]);
});

test('say what is wrong', async () => {
  const type = { dtype: 'float32', shape: [1, 4] } as const;
  const unknown = Transform.fromJSON({ transform: 'sofmax' });
  await expectRejection(unknown.getResultType(type), 'INVALID_CONFIG', /no transform 'sofmax'/);
  await expectRejection(argmax({ axis: 2 }).getResultType(type), 'INVALID_CONFIG', /axis 2 does not exist/);
  const shape = reshapeTransform({ newshape: [5] });
  await expectRejection(shape.getResultType(type), 'INVALID_SHAPE', /reshape/);
  const integers = { dtype: 'int32', shape: [1, 4] } as const;
  await expectRejection(softmaxTransform().getResultType(integers), 'INVALID_CONFIG', /int32/);
  await expectRejection(softmaxTransform().apply([]), 'INVALID_CONFIG', /at least one input/);
  await expectRejection(softmaxTransform().apply({} as never), 'INVALID_INPUT', /typed array/);
});
