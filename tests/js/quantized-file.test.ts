// Already quantized .tflite files through the API.

import { join } from 'node:path';
import { imageDataset, type LoadedNet, loadModel, Model, OctetError, type Sample } from 'octet-quant';
import { expectRejection, FASHION, FASHION_MODEL, UNIT_RANGE } from './support/fashion.js';

const samples: Sample[] = Array.from({ length: 8 }, (_, index) => ({
  'serving_default_image:0': {
    data: new Float32Array(784).map((_, pixel) => ((pixel * 37 + index * 11) % 256) / 255),
    shape: [1, 28, 28, 1],
  },
}));
const sample = samples[0] as Sample;
let original: Model;
let file: Uint8Array;
let net: LoadedNet;

beforeAll(async () => {
  const float = await loadModel(FASHION_MODEL, { target: 'tflite' });
  expect(float.quantized).toBe(false);
  original = await float.quantize(samples);
  file = await original.toTFLite();
  net = await loadModel(file, { target: 'tflite' });
});

test('it runs as the model that it was written from', async () => {
  expect(net.quantized).toBe(true);
  expect(net.warnings).toEqual([]);
  expect(await original.exportNotes()).toEqual([]);
  const expected = await original.execute(sample, { keepLayerOutputs: 'all' });
  const actual = await net.execute(sample, { keepLayerOutputs: 'all' });
  for (const [name, tensor] of Object.entries(expected)) expect(actual[name]?.data).toEqual(tensor.data);
});

test('images become the integers that an int8 input takes', async () => {
  const integers = await loadModel(await original.toTFLite({ ioType: 'int8' }), { target: 'tflite' });
  const images = await imageDataset(join(FASHION, 'calibration.zip'), UNIT_RANGE, { net: integers });
  const image = await images.sample(0);
  const [tensor] = Object.values(image);
  expect(tensor?.data.constructor.name).toBe('Int8Array');
  expect(tensor?.data).toHaveLength(784);
  const [scores] = Object.values(await integers.execute(image));
  expect(scores?.dtype).toBe('int8');
});

test('nodes say where they run', async () => {
  const forGen1 = await loadModel(file, { target: 'gen1' });
  expect(
    forGen1.nodes.filter(({ operator }) => operator === 'CONV_2D').every(({ unit }) => unit === 'MLA'),
  ).toBe(true);
  expect(forGen1.nodes.find(({ operator }) => operator === 'SOFTMAX')?.reasons.join()).toMatch(
    /four dimensions/,
  );
});

test('it is not quantized again, and a float net is not converted', async () => {
  const again = net.quantize(samples);
  await expect(again).rejects.toThrow(OctetError);
  await expect(again).rejects.toMatchObject({ code: 'INVALID_INPUT', hint: /convertToSimaQuantization/ });
  const float = await loadModel(FASHION_MODEL);
  await expect(float.convertToSimaQuantization()).rejects.toMatchObject({ hint: /calibration/ });
});

test('what does not exist is refused by its name', async () => {
  const converted = net.convertToSimaQuantization({ requantization: 'gemmlowp' as never });
  await expectRejection(converted, 'INVALID_CONFIG', /requantization is "gemmlowp"/);
  await expectRejection(original.toTFLite({ ioType: 'int4' as never }), 'INVALID_CONFIG', /ioType is "int4"/);
});

test('tflite requantization keeps every integer, through .octet and .tflite', async () => {
  const model = await net.convertToSimaQuantization({ modelName: 'kept' });
  expect(model.name).toBe('kept');
  expect(model.params.requantization).toBe('tflite');
  const expected = await net.execute(sample, { keepLayerOutputs: 'all' });
  const loaded = await Model.load(model.save());
  const exported = await loadModel(await model.toTFLite(), { target: 'tflite' });
  for (const each of [model, loaded, exported]) {
    const actual = await each.execute(sample, { keepLayerOutputs: 'all' });
    for (const [name, tensor] of Object.entries(expected)) expect(actual[name]?.data).toEqual(tensor.data);
  }
});

test('sima requantization is near the float model that the file stands for', async () => {
  const forGen1 = await loadModel(file, { target: 'gen1' });
  const model = await forGen1.convertToSimaQuantization();
  expect(model.params.requantization).toBe('sima');
  expect(model.report().provenance.calibrationSamples).toBe(0);
  const errors = await model.analyzeQuantizationError(samples);
  expect(errors.length).toBeGreaterThan(20);
  expect(errors[0]?.sqnr).toBeGreaterThan(10);
});
