// Transforms: immutable data that the core computes with.

import {
  argmax,
  bgrRgbConversionTransform,
  boxDecodingTransform,
  chromaUpsampleTransform,
  compose,
  cropTransform,
  dequantizationTransform,
  detessellationTransform,
  grayscaleTransform,
  identity,
  layoutTransform,
  nmsMaxpoolTransform,
  normalizationTransform,
  packTransform,
  preprocessingTransform,
  quantizationTransform,
  reshapeTransform,
  resizeTransform,
  sigmoidTransform,
  sliceTransform,
  softmaxTransform,
  type Tensor,
  Transform,
  tessellationTransform,
  unpackTransform,
  yuvRgbConversionTransform,
} from 'octet-quant';
import { calibrationImages, expectRejection, loadFashion } from './support/fashion.js';

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

describe('of images', () => {
  const pixels = (shape: readonly number[], values: readonly number[]): Tensor => ({
    data: Uint8Array.from(values),
    shape,
  });

  test('resize, convert and normalize bytes', async () => {
    const row = pixels([1, 1, 2, 1], [0, 100]);
    expect(await applied(resizeTransform({ targetHeight: 1, targetWidth: 4 }), row)).toEqual([
      0, 25, 75, 100,
    ]);
    const nearest = { targetHeight: 2, targetWidth: 2, method: 'nearest', keepAspect: true } as const;
    expect(await applied(resizeTransform({ ...nearest, depositLocation: 'bottomRight' }), row)).toEqual([
      0, 0, 0, 100,
    ]);
    const color = pixels([1, 1, 1, 3], [10, 20, 30]);
    expect(await applied(bgrRgbConversionTransform({ conversion: 'RGB2BGR' }), color)).toEqual([30, 20, 10]);
    const normalization = normalizationTransform({
      channelParams: [
        [2, 1, 4],
        [1, 0, 1],
        [10, 0, 2],
      ],
    });
    expect(await applied(normalization, color)).toEqual([1, 20, 1.5]);
    const luma = (299 * 10 + 587 * 20 + 114 * 30) / 1000;
    expect(await applied(grayscaleTransform(), color)).toEqual([Math.fround(luma)]);
    const [rgb] = await yuvRgbConversionTransform({ conversion: 'YUV2RGB', std: 'BT601' }).apply(
      pixels([1, 1, 1, 3], [235, 128, 128]),
    );
    expect(rgb?.data).toEqual(Uint8Array.of(255, 255, 255));
    const frame = { frameHeight: 2, frameWidth: 2, yuvSampling: 'NV12' } as const;
    const nv12 = pixels([6], [1, 2, 3, 4, 50, 60]);
    expect(await applied(chromaUpsampleTransform(frame), nv12)).toEqual([
      1, 50, 60, 2, 50, 60, 3, 50, 60, 4, 50, 60,
    ]);
  });

  test('cut into slices and pack, and back', async () => {
    const image = floats([1, 2, 2, 1], [1, 2, 3, 4]);
    const tiles = { sliceShape: [2, 1, 1] } as const;
    const sliced = tessellationTransform(tiles);
    expect(await applied(sliced, image)).toEqual([1, 3, 2, 4]);
    const frameType = { dtype: 'float32', shape: [1, 2, 2, 1] } as const;
    expect(await applied(compose([sliced, detessellationTransform({ ...tiles, frameType })]), image)).toEqual(
      [1, 2, 3, 4],
    );
    const tensorTypes = [frameType, { dtype: 'uint8', shape: [3] }] as const;
    const [packed] = await packTransform().apply([image, pixels([3], [7, 8, 9])]);
    expect(packed?.shape).toEqual([1, 32]);
    if (packed === undefined) throw new Error('There is nothing packed.');
    const unpacked = await unpackTransform({ tensorTypes }).apply(packed);
    expect(unpacked.map(({ data }) => Array.from(data, Number))).toEqual([
      [1, 2, 3, 4],
      [7, 8, 9],
    ]);
  });

  test('find peaks and boxes', async () => {
    const heat = floats([1, 1, 4, 1], [1, 3, 2, 5]);
    expect(await applied(nmsMaxpoolTransform({ kernel: 3 }), heat)).toEqual([0, 3, 0, 5]);
    const decode = boxDecodingTransform({
      coding: 'linear',
      anchors: [
        [0.5, 0.5, 1, 1],
        [0.25, 0.25, 1, 1],
      ],
      maxDetections: 3,
      scoreThreshold: 0.5,
    });
    const raw = floats([1, 2, 4], [0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5]);
    const found = await decode.apply([raw, floats([1, 2, 1], [0.25, 0.75])]);
    expect(found.map(({ data }) => Array.from(data, Number))).toEqual([
      [0, 0, 0.5, 0.5, ...Array(8).fill(0)],
      [0, 0, 0],
      [0.75, 0, 0],
      [1],
    ]);
    await expectRejection(decode.apply(raw), 'INVALID_CONFIG', /do not take the 1 inputs/);
  });

  test('make what calibration sees of decoded pixels', async () => {
    const net = await loadFashion();
    const images = await calibrationImages(net, 1);
    const { rgba, height, width } = await images.pixels(0);
    const [input] = net.inputs;
    if (input === undefined) throw new Error('The net has no input.');
    const shape = [1, height, width, 4];
    const transform = await preprocessingTransform(images.preprocessing, shape, input);
    const [made] = await transform.apply({ data: rgba, shape });
    expect(made?.data).toEqual(Object.values(await images.sample(0))[0]?.data);
    await expectRejection(
      preprocessingTransform(images.preprocessing, [height, width], input),
      'INVALID_INPUT',
      /An image cannot have the shape/,
    );
  });
});
