// Loading, running, quantizing, saving: one path through the package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bfloat16Quantization,
  CalibrationMethod,
  defaultQuantization,
  type GraphInfo,
  imageDataset,
  type LoadedNet,
  loadModel,
  Model,
  type Progress,
  type QuantizationParams,
  quantizationScheme,
  type Sample,
  supportedOperators,
  type TensorInfo,
  topK,
  version,
} from 'octet-quant';
import {
  calibrationImages,
  expectRejection,
  FASHION,
  loadFashion,
  modelBytes,
  ROOT,
  UNIT_RANGE,
} from './support/fashion.js';

const { classes } = JSON.parse(readFileSync(join(FASHION, 'labels.json'), 'utf8'));

let net: LoadedNet;
let model: Model;
let sample: Sample;

beforeAll(async () => {
  net = await loadFashion();
  const images = await calibrationImages(net, 40);
  sample = await images.sample(0);
  model = await net.quantize(images, defaultQuantization, { modelName: 'fashion8' });
});

test('the version is the package’s', () => {
  expect(version).toBe(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
});

describe('a loaded net', () => {
  test('describes its graph', () => {
    expect(net.target).toBe('gen1');
    expect(net.inputs.map(({ shape }) => shape)).toEqual([[1, 28, 28, 1]]);
    expect(net.outputs.map(({ shape }) => shape)).toEqual([[1, 10]]);
    const segments = new Set(net.partition.segments.map(({ name }) => name));
    for (const node of net.nodes) {
      expect(segments.has(node.segment)).toBe(true);
      expect(node.reasons.length > 0).toBe(node.unit !== 'MLA');
    }
    const nodes = net.partition.units.reduce((sum, unit) => sum + unit.nodes, 0);
    expect(nodes).toBe(net.nodes.length);
  });

  test('is the same from bytes, blob and path', async () => {
    const bytes = modelBytes();
    for (const source of [bytes, bytes.buffer.slice(0) as ArrayBuffer, new Blob([Uint8Array.from(bytes)])]) {
      const other = await loadModel(source);
      expect(other.nodes).toEqual(net.nodes);
      other.dispose();
    }
  });

  test('computes probabilities', async () => {
    const outputs = Object.values(await net.execute(sample));
    expect(outputs).toHaveLength(1);
    expect(outputs[0]?.dtype).toBe('float32');
    const sum = Array.from(outputs[0]?.data ?? [], Number).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  test('keeps layers on request', async () => {
    const node = net.nodes[2];
    if (node === undefined) throw new Error('The net is too small.');
    const one = await net.execute(sample, { keepLayerOutputs: [node.name] });
    expect(Object.keys(one)).toEqual([net.outputs[0]?.name, node.outputs[0]]);
    const all = await net.execute(sample, { keepLayerOutputs: 'all' });
    expect(Object.keys(all).sort()).toEqual(net.nodes.flatMap(({ outputs }) => outputs).sort());
    expect(all[node.outputs[0] ?? '']?.data).toEqual(one[node.outputs[0] ?? '']?.data);
  });

  test('takes a view into a larger buffer', async () => {
    const [name] = Object.keys(sample);
    const tensor = sample[name ?? ''];
    if (name === undefined || tensor === undefined) throw new Error('The sample is empty.');
    const large = new Float32Array(tensor.data.length + 8);
    large.set(tensor.data as Float32Array, 3);
    const view = { data: large.subarray(3, 3 + tensor.data.length), shape: tensor.shape };
    expect(await net.execute({ [name]: view })).toEqual(await net.execute(sample));
  });

  test('is accurate', async () => {
    const test = await imageDataset(join(FASHION, 'test.zip'), UNIT_RANGE, { net });
    const progress: Progress[] = [];
    const top1 = await net.evaluate(test, topK(1, classes), { onProgress: (event) => progress.push(event) });
    expect(top1).toBeCloseTo(0.924, 10);
    expect(progress.at(-1)).toEqual({ phase: 'evaluate', done: 1000, total: 1000 });
    expect(await model.evaluate(test, topK(1, classes))).toBeGreaterThan(0.915);
  });

  test('is unusable when disposed of', async () => {
    const other = await loadFashion();
    other.dispose();
    await expectRejection(other.execute(sample), 'INVALID_INPUT', /disposed/);
  });
});

describe('a quantized model', () => {
  test('says what was done', () => {
    const report = model.report();
    expect(report.model).toBe('fashion8');
    expect(report.settings).toEqual(defaultQuantization.toJSON());
    expect(report.preprocessing).toEqual(UNIT_RANGE);
    expect(report.provenance).toEqual({ octetVersion: version, calibrationSamples: 40 });
    expect(report.sizes.sourceBytes).toBe(modelBytes().length);
    expect(report.sizes.quantizedConstantBytes).toBeLessThan(0.4 * report.sizes.floatConstantBytes);
    expect(report.tensors.length).toBeGreaterThan(10);
    expect(report.partition).toEqual(net.partition);
  });

  test('holds integers', async () => {
    const all = await model.execute(sample, { keepLayerOutputs: 'all' });
    const integers = Object.values(all).filter(({ dtype }) => dtype === 'int8');
    expect(integers.length).toBeGreaterThan(10);
    for (const { data, quantization } of integers) {
      expect(Object.prototype.toString.call(data)).toBe('[object Int8Array]');
      expect(quantization?.scale[0]).toBeGreaterThan(0);
    }
  });

  test('is the same after saving and loading', async () => {
    const bytes = model.save();
    const loaded = await Model.load(bytes);
    expect(loaded.save()).toEqual(bytes);
    expect(loaded.target).toBe('gen1');
    expect(loaded.nodes).toEqual(model.nodes);
    expect(loaded.tensors).toEqual(model.tensors);
    expect(loaded.partition).toEqual(model.partition);
    expect(loaded.params.toJSON()).toEqual(model.params.toJSON());
    expect(loaded.preprocessing).toEqual(UNIT_RANGE);
    expect(loaded.report()).toEqual(model.report());
    expect(await loaded.execute(sample, { keepLayerOutputs: 'all' })).toEqual(
      await model.execute(sample, { keepLayerOutputs: 'all' }),
    );
    expect(await loaded.toTFLite()).toEqual(await model.toTFLite());
    expect(await loaded.analyzeQuantizationError([sample])).toEqual(
      await model.analyzeQuantizationError([sample]),
    );
  });

  test('exports .tflite that Octet reads again', async () => {
    const floats = await model.toTFLite();
    expect(floats.length).toBeLessThan(modelBytes().length / 2);
    expect((await loadModel(floats)).inputs[0]?.dtype).toBe('float32');
    // A float node computes the output on gen1: it has no int8 form.
    await expectRejection(model.toTFLite({ ioType: 'int8' }), 'UNSUPPORTED_MODEL', /int8/);
  });

  test('says what a .tflite file cannot hold', async () => {
    expect(await model.exportNotes()).toEqual([
      expect.stringMatching(/^TFLite has no requantization by shifts \(sima\): \d+ nodes/),
    ]);
  });

  test('exports int8 inputs and outputs where the whole net is in integers', async () => {
    const whole = await loadFashion({ target: 'tflite' });
    expect(whole.defaultQuantization.requantization).toBe('tflite');
    const quantized = await whole.quantize(await calibrationImages(whole, 4));
    const integers = await loadModel(await quantized.toTFLite({ ioType: 'int8' }));
    expect([integers.inputs[0]?.dtype, integers.outputs[0]?.dtype]).toEqual(['int8', 'int8']);
  });

  test('analyzes its error, worst first, the same for any number of workers', async () => {
    const images = await calibrationImages(net, 7);
    const one = await model.analyzeQuantizationError(images, 'sqnr', { workers: 1 });
    const two = await model.analyzeQuantizationError(images, 'sqnr', { workers: 2 });
    expect(two).toEqual(one);
    const levels = one.map(({ sqnr }) => sqnr);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(levels[0]).toBeGreaterThan(5);
    const byMse = await model.analyzeQuantizationError(images, 'mse');
    expect(byMse[0]?.mse).toBe(Math.max(...byMse.map(({ mse }) => mse)));
    const byOwn = await model.analyzeQuantizationError(images, 'sqnr', { localFeed: true });
    const own = byOwn.map(({ local }) => local.sqnr);
    expect(own).toEqual([...own].sort((a, b) => a - b));
    // Nothing comes before the first node; behind it errors pile up.
    const first = one.find(({ node }) => node === net.nodes[0]?.name);
    const last = one.find(({ node }) => node === net.nodes.at(-2)?.name);
    expect(first?.local).toMatchObject({ sqnr: first?.sqnr, mse: first?.mse });
    expect(last?.local.sqnr).toBeGreaterThan((last?.sqnr ?? 0) + 3);
  });

  test('is timed', async () => {
    const { milliseconds, runs } = await model.measureTime(sample);
    expect(milliseconds).toBeGreaterThan(0);
    expect(runs).toBeGreaterThanOrEqual(5);
  });

  test('is timed node by node', async () => {
    const { milliseconds, nodes, runs } = await model.profile(sample);
    expect(runs).toBeGreaterThanOrEqual(1);
    expect(nodes.map(({ node }) => node)).toEqual(model.nodes.map(({ name }) => name));
    expect(nodes.reduce((sum, node) => sum + node.milliseconds, 0)).toBeCloseTo(milliseconds, 6);
    // Nodes that do nothing but share memory may take no time that a clock shows; convolutions never.
    for (const { operator, milliseconds, multiplyAccumulates, bytes } of nodes) {
      expect(bytes).toBeGreaterThan(0);
      if (operator !== 'CONV_2D') continue;
      expect(milliseconds).toBeGreaterThan(0);
      expect(multiplyAccumulates).toBeGreaterThan(0);
    }
  });
});

test('leaves nodes in float by name or label', async () => {
  const node = net.nodes.find(({ unit, operator }) => unit === 'MLA' && operator === 'CONV_2D');
  if (node === undefined) throw new Error('The net has no convolution.');
  const images = await calibrationImages(net, 4);
  const params = defaultQuantization.withUnquantizedNodes([node.name]);
  const mixed = await net.quantize(images, params);
  const placed = mixed.report().nodes.find(({ name }) => name === node.name);
  expect(placed?.unit).not.toBe('MLA');
  expect(mixed.params.unquantizedNodes).toEqual(new Set([node.name]));
});

describe('BF16', () => {
  test('is closer to float than INT8, in every node or in some, and survives saving', async () => {
    const modalix = await loadModel(await modelBytes(), { target: 'gen2' });
    const images = await calibrationImages(modalix, 6);
    const lowest = async (params: QuantizationParams) => {
      const model = await modalix.quantize(images, params);
      const copy = await Model.load(model.save());
      const errors = await copy.analyzeQuantizationError(images, 'sqnr');
      return Math.min(...errors.map(({ sqnr }) => sqnr));
    };
    const int8 = await lowest(defaultQuantization);
    const convolutions = Object.fromEntries(
      modalix.nodes
        .filter(({ operator }) => operator === 'CONV_2D')
        .map(({ name }) => [name, { quantizationPrecision: 'BFLOAT_16' } as const]),
    );
    const some = await lowest(defaultQuantization.withCustomQuantizationConfigs(convolutions));
    const all = await lowest(bfloat16Quantization);
    expect(some).toBeGreaterThan(int8);
    expect(all).toBeGreaterThan(some);
  });

  test('is refused where the target lacks it', async () => {
    const images = await calibrationImages(net, 2);
    await expect(net.quantize(images, bfloat16Quantization)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining('gen2'),
    });
  });

  test('is float32 in a .tflite file, which is said before', async () => {
    const modalix = await loadModel(modelBytes(), { target: 'gen2' });
    const inBfloat16 = await modalix.quantize(await calibrationImages(modalix, 2), bfloat16Quantization);
    expect(await inBfloat16.exportNotes()).toEqual([
      expect.stringMatching(/^TFLite has no BF16 kernels: \d+ nodes \('.*\) are written in float32/),
    ]);
    const written = await loadModel(await inBfloat16.toTFLite());
    expect(written.quantized).toBe(false);
    const convolutions = (graph: GraphInfo) =>
      graph.nodes.filter(({ operator }) => operator === 'CONV_2D').length;
    expect(convolutions(written)).toBe(convolutions(modalix));
    const [expected, actual] = await Promise.all(
      [inBfloat16, written].map(async (each) => Object.values(await each.execute(sample))[0]?.data),
    );
    // BF16 keeps 8 bits of each result.
    for (const [index, value] of (expected ?? []).entries()) {
      expect(Math.abs(Number(actual?.[index]) - Number(value))).toBeLessThan(0.02);
    }
  });
});

test('gives nodes weights, ranges and floats of their own, by pattern too', async () => {
  const images = await calibrationImages(net, 3);
  const first = net.nodes.find(({ operator }) => operator === 'CONV_2D')?.name ?? '';
  const last = net.nodes.at(-1)?.name ?? '';
  const params = defaultQuantization
    .withUnquantizedNodes([`?${last.slice(1)}`])
    .withCustomQuantizationConfigs({
      [first]: {
        weightScheme: quantizationScheme({ asymmetric: false, perChannel: true, bits: 4 }),
        calibration: CalibrationMethod.fromStr('min_max'),
      },
    });
  const other = await net.quantize(images, params);
  expect(other.params.toJSON()).toEqual(params.toJSON());
  const weightsOf = (name: string): TensorInfo | undefined => {
    const inputs = other.nodes.find((node) => node.name === name)?.inputs ?? [];
    return other.tensors.find((tensor) => tensor.name === inputs[1]);
  };
  expect(other.nodes.find(({ name }) => name === last)?.unit).not.toBe('MLA');
  expect(weightsOf(first)?.quantization?.bits).toBe(4);
  const observed = other
    .report()
    .tensors.find(({ tensor }) => tensor === net.nodes.find(({ name }) => name === first)?.outputs[0]);
  expect(observed?.chosen[1]).toBe(observed?.observed[1]);
});

test('names the nodes nearest to one that a precision is asked for', async () => {
  const params = defaultQuantization.withCustomQuantizationConfigs({
    'nothing*': { quantizationPrecision: 'FLOAT' },
  });
  await expect(net.quantize(await calibrationImages(net, 2), params)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('nothing*'),
  });
});

test('lists the operators', async () => {
  const rows = await supportedOperators();
  const conv = rows.find(({ operator }) => operator === 'CONV_2D');
  expect(conv?.targets.gen1.int8).toBe(true);
  expect(conv?.targets.gen1.constraints.length).toBeGreaterThan(0);
  expect(conv?.targets.tflite.int8).toBe(true);
  expect(rows.length).toBeGreaterThan(35);
});
