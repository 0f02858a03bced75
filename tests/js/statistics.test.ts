// Statistics over labelled samples: against figures worked out by hand, and over a model.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  averagePrecisions,
  classIoU,
  counter,
  type DetectedBox,
  type DType,
  imageDataset,
  type LabelledBox,
  type LoadedNet,
  loadModel,
  type Metric,
  mean,
  meanAveragePrecision,
  meanIoU,
  meanText,
  postprocessedBoxes,
  realValues,
  type TensorMap,
  type TypedArray,
  tensorSet,
  text,
  together,
  top1,
  topK,
} from 'octet-quant';
import {
  calibrationImages,
  expectRejection,
  FASHION,
  loadFashion,
  ROOT,
  UNIT_RANGE,
} from './support/fashion.js';

function output(values: readonly number[], shape: readonly number[] = [1, values.length]): TensorMap {
  return { out: { data: Float32Array.from(values), shape, dtype: 'float32' } };
}

const first: Metric<number> = (outputs, truth) => Number(Object.values(outputs)[0]?.data[0]) - truth;

describe('composed', () => {
  test('mean, counter and their words', () => {
    const statistic = together({
      mean: mean(first),
      passed: counter(first, 2),
      words: meanText(first, (value) => `${value} more`),
      count: text(counter(first, 0), ({ passed, samples }) => `${passed} of ${samples}`),
    });
    for (const value of [1, 2, 6]) statistic.add(output([value]), 0);
    const result = statistic.result();
    const typed: { mean: number; passed: { passed: number; samples: number }; words: string } = result;
    expect(typed).toEqual({
      mean: 3,
      passed: { passed: 2, samples: 3 },
      words: '3 more',
      count: '3 of 3',
    });
  });

  test('one statistic for each output', () => {
    const statistic = tensorSet([mean(first), top1(['a', 'b'])]);
    const outputs = { ...output([5]), scores: { ...output([0, 1]).out } } as TensorMap;
    statistic.add(outputs, [1, 'b']);
    const [average, accuracy]: readonly [number, number] = statistic.result();
    expect([average, accuracy]).toEqual([4, 1]);
    expect(() => statistic.add(output([5]), [1, 'b'])).toThrow(/1 outputs, 2 statistics and 2 ground truths/);
  });
});

describe('classes', () => {
  test('the true class counts among the k highest, earlier classes first where scores are equal', () => {
    const one = topK(1);
    const two = topK(2);
    for (const truth of [0, 1, '2', 3]) {
      one.add(output([0.2, 0.4, 0.4, 0]), truth);
      two.add(output([0.2, 0.4, 0.4, 0]), truth);
    }
    expect([one.result(), two.result()]).toEqual([1 / 4, 2 / 4]);
  });

  test('a score that is no number is no hit', () => {
    const statistic = top1();
    statistic.add(output([Number.NaN, 1]), 0);
    expect(statistic.result()).toBe(0);
  });

  test.each([
    ['c', ['a', 'b'], /'c' is none of the model's 2 classes; they are 'a', 'b'/],
    ['', undefined, /'' is none of the model's 2 classes/],
    [2, undefined, /'2' is none/],
  ])('label %p', (label, labels, message) => {
    expect(() => topK(1, labels).add(output([0, 1]), label)).toThrow(message);
  });
});

describe('intersection over union', () => {
  const scores = output([1, 0, 0, 1, 0, 1, 1, 0], [1, 2, 2, 2]); // Classes 0 1 / 1 0.

  test('of each class, and its mean', () => {
    const statistic = together({ each: classIoU({ classes: 3 }), mean: meanIoU({ classes: 3 }) });
    statistic.add(scores, { width: 2, height: 2, data: [0, 1, 0, 0] });
    statistic.add(scores, { width: 2, height: 2, data: [0, 1, 1, 0] });
    // Class 0: found 4, labelled 5, both 4; class 1: found 4, labelled 3, both 3; class 2 is nowhere.
    expect(statistic.result()).toEqual({ each: [4 / 5, 3 / 4, Number.NaN], mean: (4 / 5 + 3 / 4) / 2 });
  });

  test('pixels to be ignored, larger maps, and one channel', () => {
    const ignoring = classIoU({ ignore: 255 });
    ignoring.add(scores, { width: 2, height: 2, data: [0, 255, 255, 1] });
    expect(ignoring.result()).toEqual([1 / 2, 0]);
    const larger = classIoU();
    larger.add(scores, { width: 4, height: 4, data: [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0] });
    expect(larger.result()).toEqual([1, 1]);
    const binary = classIoU({ threshold: 0.25 });
    binary.add(output([0.2, 0.25, 0.9, 0], [1, 2, 2, 1]), { width: 2, height: 2, data: [0, 1, 1, 1] });
    expect(binary.result()).toEqual([1 / 2, 2 / 3]);
  });

  test('outputs that are class numbers', () => {
    const numbers = { out: { data: Int32Array.of(2, 1), shape: [1, 1, 2], dtype: 'int32' } } as const;
    expect(() => meanIoU().add(numbers, { width: 2, height: 1, data: [0, 0] })).toThrow(/how many classes/);
    const statistic = classIoU({ classes: 3 });
    statistic.add(numbers, { width: 2, height: 1, data: [2, 2] });
    expect(statistic.result()).toEqual([Number.NaN, 0, 1 / 2]);
  });

  test('what does not fit is refused', () => {
    const map = { width: 2, height: 2, data: [0, 1, 255, 0] };
    expect(() => meanIoU().add(scores, map)).toThrow(/class 255.*0 to 1/);
    expect(() => meanIoU().add(output([1, 2]), map)).toThrow(/shape 1x2/);
    const numbers = { out: { data: Int32Array.of(7), shape: [1, 1, 1], dtype: 'int32' } } as const;
    expect(() => meanIoU({ classes: 3 }).add(numbers, { width: 1, height: 1, data: [0] })).toThrow(
      /answers class 7/,
    );
  });
});

describe('boxes', () => {
  /** Boxes of height 1 from `left` to `right`. */
  const there = (label: string, left: number, right: number): LabelledBox => ({
    label,
    left,
    right,
    top: 0,
    bottom: 1,
  });
  const found = (score: number, label: string, left: number, right: number): DetectedBox => ({
    ...there(label, left, right),
    score,
  });
  const precisions = (
    images: readonly (readonly [readonly DetectedBox[], readonly LabelledBox[]])[],
    iouThresholds: readonly number[],
  ) => {
    let next: readonly DetectedBox[] = [];
    const statistic = averagePrecisions({ boxesOf: () => next, iouThresholds });
    for (const [detections, boxes] of images) {
      next = detections;
      statistic.add({}, boxes);
    }
    return statistic.result();
  };

  test('precision falls with false detections that score higher', () => {
    // By score: right, wrong, right. Recall 1/2 at precision 1, recall 1 at precision 2/3.
    const detections = [found(0.9, 'a', 0, 0.2), found(0.5, 'a', 0.5, 0.7), found(0.7, 'a', 0.8, 0.9)];
    const result = precisions([[detections, [there('a', 0, 0.2), there('a', 0.5, 0.7)]]], [0.5]);
    expect(result.mean).toBeCloseTo((51 + 50 * (2 / 3)) / 101, 12);
  });

  test('a box is found once, by the detection that scores highest', () => {
    const detections = [found(0.9, 'a', 0, 0.2), found(0.8, 'a', 0, 0.2)];
    const result = precisions([[detections, [there('a', 0, 0.2), there('a', 0.6, 0.8)]]], [0.5]);
    expect(result.mean).toBeCloseTo(51 / 101, 12); // Recall ends at 1/2.
  });

  test('classes and thresholds count alike; images come together', () => {
    const images = [
      [[found(0.9, 'a', 0, 0.3)], [there('a', 0, 0.4)]], // They share 3/4.
      [
        [found(0.9, 'b', 0, 0.4), found(0.3, 'c', 0, 0.4)],
        [there('b', 0, 0.4), there('b', 0.5, 0.6)],
      ],
    ] as const;
    const result = precisions(images, [0.5, 0.8]);
    expect(result.byClass.a).toBeCloseTo(1 / 2, 12);
    expect(result.byClass.b).toBeCloseTo(51 / 101, 12);
    expect(Object.keys(result.byClass)).toEqual(['a', 'b']); // c is labelled nowhere.
    expect(result.byThreshold[0]).toBeCloseTo((1 + 51 / 101) / 2, 12);
    expect(result.byThreshold[1]).toBeCloseTo((0 + 51 / 101) / 2, 12);
    expect(result.mean).toBeCloseTo((1 / 2 + 51 / 101) / 2, 12);
  });

  test('detections in a crowd are neither right nor wrong', () => {
    const crowd = { ...there('a', 0.5, 1), crowd: true };
    const detections = [found(0.9, 'a', 0.5, 0.6), found(0.8, 'a', 0.6, 0.7), found(0.7, 'a', 0, 0.2)];
    expect(precisions([[detections, [there('a', 0, 0.2), crowd]]], [0.5]).mean).toBeCloseTo(1, 12);
  });

  test('only the best detections of an image count', () => {
    const statistic = meanAveragePrecision({
      boxesOf: () => [found(0.9, 'a', 0.5, 0.6), found(0.8, 'a', 0, 0.2)],
      maxDetections: 1,
    });
    statistic.add({}, [there('a', 0, 0.2)]);
    expect(statistic.result()).toBe(0);
  });

  test('of the outputs of TFLite_Detection_PostProcess', () => {
    const tensor = (data: readonly number[], shape: readonly number[]) =>
      ({ data: Float32Array.from(data), shape, dtype: 'float32' }) as const;
    const outputs: TensorMap = {
      boxes: tensor([0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0], [1, 2, 4]),
      classes: tensor([1, 0], [1, 2]),
      scores: tensor([0.5, 0], [1, 2]),
      count: tensor([1], [1]),
    };
    const [box, ...others] = postprocessedBoxes(outputs);
    expect(others).toEqual([]);
    expect(box).toMatchObject({ label: 1, score: 0.5 });
    expect([box?.top, box?.left, box?.bottom, box?.right]).toEqual([0.1, 0.2, 0.3, 0.4].map(Math.fround));
    const statistic = meanAveragePrecision({ labels: ['cat', 'dog'] });
    statistic.add(outputs, [{ label: 'dog', top: 0.1, left: 0.2, bottom: 0.3, right: 0.4 }]);
    expect(statistic.result()).toBeCloseTo(1, 12);
    expect(() => statistic.add(outputs, [there('bird', 0, 1)])).toThrow(/'bird' is none of the 2 classes/);
    expect(() => postprocessedBoxes(output([1, 2]))).toThrow(/not boxes, classes, scores/);
  });

  test('without anything to find there is no figure', () => {
    expect(() => precisions([[[found(1, 'a', 0, 1)], []]], [0.5])).toThrow(/No sample has a box/);
    expect(() => meanAveragePrecision({ iouThresholds: [0] })).toThrow(/iouThresholds is \[0\]/);
  });
});

test.each<[DType, TypedArray, object, readonly number[]]>([
  ['int8', Int8Array.of(-128, 0), { scale: [0.5], zeroPoint: [-128], axis: 0 }, [0, 64]],
  ['int8', Int8Array.of(1, 1, 2, 2), { scale: [0.5, 2], zeroPoint: [0, 0], axis: 0 }, [0.5, 0.5, 4, 4]],
  ['bfloat16', Uint16Array.of(0x3f80, 0xc000), {}, [1, -2]],
  [
    'float16',
    Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00),
    {},
    [1, -2, 2 ** -24, Number.POSITIVE_INFINITY],
  ],
  ['int64', BigInt64Array.of(3n, -4n), {}, [3, -4]],
])('the numbers that %s stands for', (dtype, data, quantization, values) => {
  const shape = [2, data.length / 2];
  const tensor = {
    data,
    shape,
    dtype,
    ...('scale' in quantization ? { quantization: quantization as never } : {}),
  };
  expect([...realValues(tensor)]).toEqual(values);
});

describe('over a model', () => {
  const { classes } = JSON.parse(readFileSync(join(FASHION, 'labels.json'), 'utf8')) as { classes: string[] };
  let net: LoadedNet;
  beforeAll(async () => {
    net = await loadFashion();
  });

  test('the same results with any number of workers, of the float model as of the net', async () => {
    const images = await imageDataset(join(FASHION, 'test.zip'), UNIT_RANGE, { net });
    const some = images.select(Array.from({ length: 60 }, (_, index) => index * 16));
    const figures = () =>
      together({
        top1: top1(classes),
        top5: topK(5, classes),
        score: mean<string>((outputs, label) =>
          Number(Object.values(outputs)[0]?.data[classes.indexOf(label)]),
        ),
      });
    const model = await net.quantize(await calibrationImages(net, 20));
    const one = await model.evaluate(some, figures(), { workers: 1 });
    expect(one.top1).toBeGreaterThan(0.7);
    expect(one.top5).toBeGreaterThanOrEqual(one.top1);
    expect(await model.evaluate(some, figures(), { workers: 3 })).toEqual(one);

    const float = await model.floatModel();
    expect(await model.floatModel()).toBe(float);
    const ofNet = await net.evaluate(some, figures());
    expect(await float.evaluate(some, figures())).toEqual(ofNet);
    expect(ofNet.score).not.toBe(one.score);
    model.dispose();
    await expectRejection(float.execute(await some.sample(0)), 'INVALID_INPUT', /disposed/);
  });

  test('constants as the graph holds them', async () => {
    const conv = net.nodes.find(({ operator }) => operator === 'CONV_2D');
    const filter = net.tensors.find(({ name }) => name === conv?.inputs[1]);
    const weights = await net.constant(filter?.name ?? '');
    expect(weights.shape).toEqual(filter?.shape);
    expect(weights.data).toBeInstanceOf(Float32Array);
    expect(new Set(weights.data as Float32Array).size).toBeGreaterThan(10);
    const input = net.inputs[0]?.name ?? '';
    await expectRejection(net.constant(input), 'INVALID_INPUT', /no constant/);
  });

  test('boxes of a model that ends in TFLite_Detection_PostProcess', async () => {
    const path = join(ROOT, 'tests/vectors/tflite_detection_postprocess.json');
    const { cases } = JSON.parse(readFileSync(path, 'utf8'));
    const { model, inputs, outputs } = cases.find(({ name }: { name: string }) => name === 'many_boxes');
    const floats = ({ data }: { data: string }): Float32Array =>
      new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
    const detector = await loadModel(Uint8Array.from(Buffer.from(model, 'base64')));
    const sample = Object.fromEntries(
      detector.inputs.map(({ name, shape }, index) => [name, { data: floats(inputs[index]), shape }]),
    );
    const [boxes, classes, scores] = outputs.map(floats) as [Float32Array, Float32Array, Float32Array];
    const groundTruth = [...scores.keys()].map((at): LabelledBox => {
      const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(4 * at);
      return { label: classes[at] ?? 0, top, left, bottom, right };
    });
    const precision = (truth: readonly LabelledBox[]) =>
      detector.evaluate([{ inputs: sample, groundTruth: truth }], meanAveragePrecision());
    expect(await precision(groundTruth)).toBeCloseTo(1, 12);
    const shifted = groundTruth.map((box) => ({ ...box, left: box.left + 0.02, right: box.right + 0.02 }));
    expect(await precision(shifted)).toBeLessThan(0.95);
    expect(await precision(groundTruth.map((box) => ({ ...box, label: 'none' })))).toBe(0);
  });
});
