// What is said about inputs that are likely wrong, in calibration and in evaluation.

import { join } from 'node:path';
import { imageDataset, type LoadedNet, type Model, type Sample, topK } from 'octet-quant';
import { calibrationImages, loadFashion, ROOT, UNIT_RANGE } from './support/fashion.js';

let net: LoadedNet;
let model: Model;

beforeAll(async () => {
  net = await loadFashion();
  model = await net.quantize(await calibrationImages(net, 6));
});

async function warningsOf(samples: readonly Sample[], workers = 1): Promise<readonly string[]> {
  const warnings: string[] = [];
  const labelled = samples.map((inputs) => ({ inputs, groundTruth: 0 }));
  await model.evaluate(labelled, topK(1), { workers, onWarning: (warning) => warnings.push(warning) });
  return warnings;
}

const ofValues = (value: (index: number) => number): Sample => {
  const [input] = net.inputs;
  if (input === undefined) throw new Error('The net has no input.');
  return {
    [input.name]: {
      data: Float32Array.from({ length: 28 * 28 }, (_, index) => value(index)),
      shape: input.shape,
    },
  };
};

test('nothing is said about usual images', async () => {
  expect(model.report().warnings).toEqual([]);
  const images = await calibrationImages(net, 3);
  expect(await warningsOf([await images.sample(0), await images.sample(2)])).toEqual([]);
});

test('calibration images that do not fit are in the report, for any number of workers', async () => {
  const photos = await imageDataset(
    join(ROOT, 'tests/assets/photos.zip'),
    { mean: 0, std: 255 * 255 },
    { net },
  );
  const some = photos.select([0, 1, 2, 11, 23]);
  const [one, two] = await Promise.all([1, 2].map((workers) => net.quantize(some, undefined, { workers })));
  const warnings = one?.report().warnings.filter((warning) => warning.includes('serving_default_image'));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^All values of input '.*' are from 0 to 0\.00\d+: if pixels were divided by 255 twice/,
    ),
    expect.stringMatching(/ has one channel, and 5 of 5 images are in colour/),
    expect.stringMatching(
      /^2 of 5 images were stretched to fit input '.*', by up to 1\.\d+: turn on keepAspect/,
    ),
  ]);
  expect(two?.save()).toEqual(one?.save());
});

test('evaluation compares ranges with those of calibration', async () => {
  const pixels = ofValues((index) => index % 256);
  const constant = ofValues(() => 0.5);
  const expected = [
    "1 of 2 samples of input 'serving_default_image:0' hold one value throughout; look at the files and the preprocessing.",
    "Input 'serving_default_image:0' is from 0 to 255, and was from 0 to 1 in calibration: use the same preprocessing for both.",
  ];
  expect(await warningsOf([pixels, constant])).toEqual(expected);
  expect(await warningsOf([constant, pixels], 2)).toEqual(expected);
  // A float model knows nothing of calibration.
  const ofFloat: string[] = [];
  await (await model.floatModel()).evaluate([{ inputs: pixels, groundTruth: 0 }], topK(1), {
    onWarning: (warning) => ofFloat.push(warning),
  });
  expect(ofFloat).toEqual([]);
  expect(model.preprocessing).toEqual(UNIT_RANGE);
});
