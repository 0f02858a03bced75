// Auxiliary networks, and models composed of them: one graph, one file, one partition.

import {
  argmax,
  compose,
  cropTransform,
  identity,
  type LoadedNet,
  loadModel,
  Model,
  type Sample,
  softmaxTransform,
  type Tensor,
} from 'octet-quant';
import { calibrationImages, expectRejection, loadFashion, UNIT_RANGE } from './support/fashion.js';

const BORDER = 2;
const SIDE = 28 + 2 * BORDER;

let net: LoadedNet;
let model: Model;
let pre: Model;
let post: Model;
let whole: Model;
let sample: Sample;
/** The same image with a border, as the composed model takes it. */
let framed: Sample;

beforeAll(async () => {
  net = await loadFashion();
  const images = await calibrationImages(net, 6);
  model = await net.quantize(images);
  const corner = SIDE - BORDER;
  const crop = cropTransform({
    boundingBox: [
      [BORDER, BORDER],
      [corner, corner],
    ],
  });
  pre = await Model.createAuxiliaryNetwork(
    [crop],
    { picture: { dtype: 'float32', shape: [1, SIDE, SIDE, 1] } },
    { name: 'pre' },
  );
  const [scores] = model.outputs;
  if (scores === undefined) throw new Error('The model has no output.');
  post = await Model.createAuxiliaryNetwork([softmaxTransform()], { scores }, { name: 'post' });
  whole = await Model.compose([pre, model, post], { name: 'camera' });
  sample = await images.sample(3);
  framed = { picture: withBorder(sample[net.inputs[0]?.name ?? '']) };
});

function withBorder(tensor: Tensor | undefined): Tensor {
  const data = new Float32Array(SIDE * SIDE).fill(9);
  for (let y = 0; y < 28; ++y)
    for (let x = 0; x < 28; ++x) data[(y + BORDER) * SIDE + x + BORDER] = Number(tensor?.data[28 * y + x]);
  return { data, shape: [1, SIDE, SIDE, 1] };
}

describe('an auxiliary network', () => {
  test('is a model: it executes, saves and loads', async () => {
    const result = await pre.execute(framed);
    expect(result['picture/crop']?.data).toEqual(Object.values(sample)[0]?.data);
    const loaded = await Model.load(pre.save());
    expect(loaded.nodes).toEqual(pre.nodes);
    expect(loaded.partition).toEqual(pre.partition);
    expect(loaded.report()).toEqual(pre.report());
    expect(loaded.save()).toEqual(pre.save());
    expect(await loaded.execute(framed)).toEqual(result);
  });

  test('says where each transform runs and why', () => {
    expect(pre.partition.segments.map(({ name }) => name)).toEqual(['CVU_0']);
    expect(pre.nodes[0]).toMatchObject({
      unit: 'CVU',
      segment: 'CVU_0',
      reasons: ['It is a transform, and the CVU runs SLICE.'],
    });
  });

  test('reports the transforms, and that nothing was calibrated', () => {
    const report = pre.report();
    expect(report.transforms).toEqual([expect.objectContaining({ transform: 'crop' })]);
    expect(report.provenance.calibrationSamples).toBe(0);
    expect(report.tensors).toEqual([]);
    expect(pre.params.toJSON()).toEqual(net.defaultQuantization.toJSON());
  });

  test('needs a transform for each input', async () => {
    const type = { dtype: 'float32', shape: [1, 2] } as const;
    await expectRejection(
      Model.createAuxiliaryNetwork([softmaxTransform()], { a: type, b: type }),
      'INVALID_CONFIG',
      /1 transforms do not take the 2 inputs/,
    );
    const both = await Model.createAuxiliaryNetwork([softmaxTransform(), identity()], { a: type, b: type });
    expect(both.outputs.map(({ name }) => name)).toEqual(['a/softmax', 'b/identity']);
  });
});

describe('a composed model', () => {
  test('computes what the parts compute in turn, bit for bit', async () => {
    const [probabilities] = Object.values(await whole.execute(framed));
    const [scores] = Object.values(await model.execute(sample));
    if (scores === undefined) throw new Error('The model has no output.');
    expect(probabilities).toEqual(Object.values(await post.execute({ scores }))[0]);
  });

  test('is divided as a whole', () => {
    expect(whole.name).toBe('camera');
    expect(whole.partition.segments.map(({ name }) => name)).toEqual(['CVU_0', 'MLA_1', 'CVU_2']);
    const macs = (parts: Model) =>
      parts.partition.units.reduce((sum, unit) => sum + unit.multiplyAccumulates, 0);
    expect(macs(whole)).toBe(macs(model));
    expect(whole.partition.boundaryBytes).toBeGreaterThan(model.partition.boundaryBytes);
    expect(whole.nodes.find(({ name }) => name === 'scores/softmax')?.segment).toBe('CVU_2');
    expect(whole.report().nodes.map(({ name }) => name)).toEqual([
      'picture/crop',
      ...model.report().nodes.map(({ name }) => name),
      'scores/softmax',
    ]);
  });

  test('reports the quantized part and names all parts', () => {
    const report = whole.report();
    expect(whole.params.toJSON()).toEqual(model.params.toJSON());
    expect(report.parts?.map(({ model: name }) => name)).toEqual(['pre', model.name, 'post']);
    expect(report.parts?.[0]?.transforms).toEqual(pre.report().transforms);
    expect(report.provenance).toEqual(model.report().provenance);
    // The tensor where two parts meet has the first one's name.
    const [input] = model.inputs;
    expect(report.tensors).toEqual(
      model
        .report()
        .tensors.map((record) =>
          record.tensor === input?.name ? { ...record, tensor: 'picture/crop' } : record,
        ),
    );
    // How images become inputs of the model is no longer how they become inputs of the whole.
    expect(model.preprocessing).toEqual(UNIT_RANGE);
    expect(whole.preprocessing).toBeUndefined();
  });

  test('is one file', async () => {
    const loaded = await Model.load(whole.save());
    expect(loaded.save()).toEqual(whole.save());
    expect(loaded.nodes).toEqual(whole.nodes);
    expect(loaded.partition).toEqual(whole.partition);
    expect(loaded.report()).toEqual(whole.report());
    expect(await loaded.execute(framed)).toEqual(await whole.execute(framed));
  });

  test('is analyzed, ranked and evaluated as one', async () => {
    const errors = await whole.analyzeQuantizationError([framed]);
    expect(new Set(errors.map(({ node }) => node))).toEqual(
      new Set(whole.report().nodes.map(({ name }) => name)),
    );
    expect(errors.find(({ node }) => node === 'picture/crop')?.sqnr).toBe(Number.POSITIVE_INFINITY);
    const ranked = await whole.rankSensitivity([framed]);
    const alone = await model.rankSensitivity([sample]);
    // The input of the model is none of the whole.
    const nodes = alone.filter(({ rounded }) => rounded !== 'input').map(({ node }) => node);
    expect(new Set(ranked.map(({ node }) => node))).toEqual(new Set(nodes));
    expect(ranked[0]?.sqnr).toBeLessThan(100);
    let outputs: readonly string[] = [];
    const share = await whole.evaluate([{ inputs: framed, groundTruth: 0 }], {
      add: (map) => {
        outputs = Object.keys(map);
      },
      result: () => outputs.length,
    });
    expect([share, outputs]).toEqual([1, ['scores/softmax']]);
  });

  test('is composed again, with names made unique', async () => {
    const type = { dtype: 'float32', shape: [1, 10] } as const;
    const soft = await Model.createAuxiliaryNetwork([softmaxTransform()], { scores: type });
    const twice = await Model.compose([whole, soft]);
    expect(twice.name).toBe('camera');
    expect(twice.outputs.map(({ name }) => name)).toEqual(['scores/softmax_2']);
    expect(twice.nodes.at(-1)?.sourceNodes).toEqual(['scores/softmax']);
  });

  test('is written as .tflite', async () => {
    const written = await loadModel(await whole.toTFLite());
    expect(written.inputs[0]?.shape).toEqual([1, SIDE, SIDE, 1]);
  });

  test('names both ends of what does not meet', async () => {
    await expectRejection(
      Model.compose([model, pre]),
      'INVALID_SHAPE',
      /Output '.*' of 'main' is float32 1x10; input 'picture' of 'pre' takes float32 1x32x32x1\./,
    );
    const integers = await Model.createAuxiliaryNetwork(
      [compose([softmaxTransform(), argmax({ axis: 1 })])],
      { scores: { dtype: 'float32', shape: [1, 10, 10] } },
      { name: 'argmax' },
    );
    await expectRejection(
      Model.compose([integers, post]),
      'INVALID_INPUT',
      /'scores\/argmax' of 'argmax' is int32 1x10; input 'scores' of 'post' takes float32 1x10\./,
    );
    const type = { dtype: 'float32', shape: [1, 10] } as const;
    const two = await Model.createAuxiliaryNetwork([identity(), identity()], { a: type, b: type });
    await expectRejection(
      Model.compose([model, two]),
      'INVALID_INPUT',
      /1 outputs, and 'auxiliary' .* 2 inputs/,
    );
    const tflite = await Model.createAuxiliaryNetwork([identity()], { a: type }, { target: 'tflite' });
    await expectRejection(
      Model.compose([model, tflite]),
      'INVALID_INPUT',
      /for gen1, and 'auxiliary' for tflite/,
    );
    await expectRejection(Model.compose([]), 'INVALID_INPUT', /no model to compose/);
  });
});
