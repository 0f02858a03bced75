// The report: against its schema, the same each time, and safe to open whatever the model calls its nodes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  createReport,
  defaultQuantization,
  type ImageDataset,
  inputPicture,
  type LoadedNet,
  loadModel,
  Model,
  type Report,
  reportHtml,
  softmaxTransform,
  type TensorMap,
} from 'octet-quant';
import sharp from 'sharp';
import { calibrationImages, FASHION, loadFashion, ROOT } from './support/fashion.js';

const validate = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8')),
);
const { classes } = JSON.parse(readFileSync(join(FASHION, 'labels.json'), 'utf8')) as { classes: string[] };

let net: LoadedNet;
let model: Model;
let images: ImageDataset;
let report: Report;

beforeAll(async () => {
  net = await loadFashion();
  images = await calibrationImages(net, 24);
  model = await net.quantize(images);
  report = await createReport(model, images, {
    modelFile: 'fashion.tflite',
    classes,
    accuracy: [{ statistic: 'top1', samples: 24, float: 0.9, quantized: 0.8 }],
    times: { float: 2, quantized: 1 },
    mixedPrecision: [
      { limit: 0, share: 0, nodes: [], expected: { out: 0 } },
      { limit: 0.2, share: 0.1, nodes: ['a', 'b', 'c'], expected: { out: 4.4 }, measured: { out: 4.5 } },
    ],
    feedback: {
      initialAccuracy: 0.5,
      accuracy: 0.75,
      reached: false,
      steps: [
        {
          nodes: [net.nodes[2]?.name ?? ''],
          change: 'INT16',
          accuracy: 0.75,
          gain: 0.25,
          cost: { macs: 0.125, segments: 2, boundaryBytes: -64 },
        },
      ],
    },
  });
});

function valid(json: unknown): void {
  validate(json);
  expect(validate.errors).toBeNull();
}

test('is what its schema says', () => {
  valid(JSON.parse(JSON.stringify(report)));
  validate({ ...report, surprise: 1 });
  expect(validate.errors).toHaveLength(1);
});

test('tells of each node what was measured', async () => {
  const errors = await model.analyzeQuantizationError(images);
  expect(report.nodes.map(({ name }) => name)).toEqual(net.nodes.map(({ name }) => name));
  for (const node of report.nodes) {
    const measured = errors.find((error) => error.node === node.name);
    const known = net.nodes.find(({ name }) => name === node.name);
    expect(node.error?.sqnr ?? Number.POSITIVE_INFINITY).toBe(measured?.sqnr);
    expect(node.error?.local.mse).toBe(measured?.local.mse);
    expect([node.saturation, node.noise]).toEqual([measured?.saturation, measured?.noise]);
    expect(node.causes.map(({ sentence }) => sentence)).toEqual(
      measured?.causes.map(({ sentence }) => sentence),
    );
    const { unit, segment, reasons, multiplyAccumulates, parameters } = node;
    expect(known).toMatchObject({ unit, segment, reasons, multiplyAccumulates, parameters });
  }
  expect(report.nodes.filter(({ unit }) => unit === 'MLA').map(({ precision }) => precision)).toEqual(
    new Array(net.partition.units[0]?.nodes).fill('INT8'),
  );
  expect(report.nodes.at(-1)).toMatchObject({ operator: 'SOFTMAX', precision: 'float' });
});

test('has the curve of mixed precision as it was measured, or else as it is expected', () => {
  expect(report.mixedPrecision).toEqual([
    { share: 0, nodes: 0, gain: { out: 0 } },
    { share: 0.1, nodes: 3, gain: { out: 4.5 } },
  ]);
});

test('counts the values of each tensor within the range that was seen', () => {
  expect(report.ranges.map(({ tensor }) => tensor)).toEqual(
    model.report().tensors.map(({ tensor }) => tensor),
  );
  const sizes = new Map(net.tensors.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]));
  for (const { tensor, histogram } of report.ranges) {
    const counted = histogram?.reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(8 * (sizes.get(tensor) ?? 0));
  }
});

test('has the largest weight of each channel, below what its scale holds', async () => {
  const conv = report.nodes.filter(({ operator }) => operator === 'CONV_2D');
  const [first] = report.weights;
  expect(report.weights.length).toBeGreaterThanOrEqual(conv.length);
  const filter = await (await model.floatModel()).constant(first?.tensor ?? '');
  const channels = filter.shape[0] ?? 0;
  expect(first?.largest).toHaveLength(channels);
  const each = filter.data.length / channels;
  const largest = Math.max(...(filter.data as Float32Array).slice(each, 2 * each).map(Math.abs));
  expect(first?.largest[1]).toBeCloseTo(largest, 4);
  for (const { largest: weights, limits } of report.weights)
    weights.forEach((weight, channel) => {
      expect(weight).toBeLessThanOrEqual((limits[channel] ?? limits[0] ?? 0) * 1.0001);
    });
});

test('shows samples before and after', async () => {
  expect(report.samples).toHaveLength(4);
  const [sample] = report.samples;
  const index = images.items.findIndex(({ name }) => name === sample?.name);
  const [output] = sample?.outputs ?? [];
  const scores = Object.values(await net.execute(await images.sample(index)))[0]?.data as Float32Array;
  if (output?.kind !== 'classes') throw new Error('The output is scores of classes.');
  expect(output.classes.length).toBeGreaterThanOrEqual(5);
  for (const { label, float } of output.classes) expect(float).toBe(scores[classes.indexOf(label)]);
  const { data, info } = await sharp(Buffer.from(sample?.input?.split(',')[1] ?? '', 'base64'))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { rgba } = await images.pixels(index);
  expect([info.width, info.height]).toEqual([28, 28]);
  expect([...data]).toEqual(Array.from({ length: 784 }, (_, at) => rgba[4 * at]));
});

test('is the same each time, with any number of workers, and has a date only where one is given', async () => {
  const options = { modelFile: 'fashion.tflite', classes, accuracy: report.accuracy, workers: 1 };
  const { times: _, mixedPrecision: __, feedback: ___, ...same } = report;
  expect(await createReport(model, images, options)).toEqual(same);
  expect(report.provenance.date).toBeUndefined();
  const dated = await createReport(model, [], { date: '2026-01-02', errors: [] });
  expect(reportHtml(dated)).toContain('on 2026-01-02');
  valid(dated);
  expect(dated.samples).toEqual([]);
  expect(dated.nodes.every(({ error }) => error === undefined)).toBe(true);
});

describe('as HTML', () => {
  test('loads nothing and runs one script, which its policy names', () => {
    const text = reportHtml(report);
    expect(text).not.toMatch(/https?:|@import|url\(|<link|<iframe|\son\w+=/i);
    const sources = [...text.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, source]) => source ?? '');
    expect(sources.filter((source) => !/^(data:image\/png;base64,|#node-\d+$)/.test(source))).toEqual([]);
    const scripts = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? '');
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(text).toContain(`script-src 'sha256-${hash}'`.replaceAll("'", '&#39;'));
  });

  test('has each part', () => {
    const text = reportHtml(report);
    for (const part of [
      'Error along the network',
      'Layers that add most',
      'misses the target',
      'What INT16 gains',
      'Before and after',
      'Placement',
      'Not on the accelerator',
      'All layers',
      'Layer by layer',
      'As a .tflite',
      'Settings and provenance',
      '90.00\u00a0% → 80.00\u00a0%',
      '+4.5 dB',
      '&quot;numBins&quot;: 2048',
    ])
      expect(text).toContain(part);
    // Everything that a node is linked to is there.
    const ids = new Set([...text.matchAll(/ id="(node-\d+)"/g)].map(([, id]) => id));
    expect([...text.matchAll(/href="#([^"]*)"/g)].every(([, id]) => ids.has(id))).toBe(true);
    expect(ids.size).toBe(report.nodes.length);
  });

  test('escapes whatever names there are', () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&`;
    const [node] = report.nodes;
    if (node === undefined) throw new Error('The model has nodes.');
    const cause = { kind: hostile, sentence: hostile, remedy: hostile };
    const text = reportHtml({
      ...report,
      title: hostile,
      inputs: [{ name: hostile, dtype: 'float32', shape: [1] }],
      outputs: [
        { name: hostile, dtype: 'float32', shape: [1], error: { sqnr: 1, parts: [], warnings: [hostile] } },
      ],
      nodes: [
        {
          ...node,
          name: hostile,
          label: hostile,
          operator: hostile,
          reasons: [hostile],
          causes: [cause],
          segment: hostile,
          precision: hostile,
          tensor: hostile,
        },
      ],
      ranges: report.ranges.slice(0, 1).map((range) => ({ ...range, tensor: hostile })),
      weights: report.weights.slice(0, 1).map((some) => ({ ...some, node: hostile, tensor: hostile })),
      samples: report.samples.map((sample) => ({
        ...sample,
        name: hostile,
        outputs: [{ kind: 'numbers', tensor: hostile, shape: [1], sqnr: 1, float: [1], quantized: [2] }],
      })),
      mixedPrecision: [{ share: 0.1, nodes: 1, gain: { [hostile]: 1 } }],
      warnings: [hostile],
      exportNotes: [hostile],
      provenance: { ...report.provenance, modelFile: hostile, date: hostile },
    });
    expect(text).not.toMatch(/<script>alert|<img src=x|onerror='|"><script/);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

test('outputs that are pictures, and inputs of plain tensors', async () => {
  const path = join(ROOT, 'node_modules/@mediapipe/selfie_segmentation/selfie_segmentation.tflite');
  const segmenter = await loadModel(path);
  const [input] = segmenter.inputs;
  const shape = input?.shape ?? [];
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(
    (_, index) => ((index * 7919) % 256) / 255,
  );
  const samples = [{ [input?.name ?? '']: { data, shape } }];
  const quantized = await segmenter.quantize(samples, defaultQuantization.withRequantizationMode('sima'));
  const made = await createReport(quantized, samples);
  valid(JSON.parse(JSON.stringify(made)));
  expect(made.title).toBe(segmenter.name);
  expect(made.samples[0]?.name).toBe('Sample 0');
  const [output] = made.samples[0]?.outputs ?? [];
  if (output?.kind !== 'picture') throw new Error('The output is a picture.');
  const { width, height, channels } = await sharp(
    Buffer.from(output.quantized.split(',')[1] ?? '', 'base64'),
  ).metadata();
  expect([width, height, channels]).toEqual([256, 256, 1]);
  expect(reportHtml(made)).toContain(output.float);
});

/** The object with some of its members replaced. */
function replaced<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (name in members) return Reflect.get(members, name);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('boxes that were found lie over the picture of the input', async () => {
  const found = (left: number, scores: readonly number[]): TensorMap => {
    const tensor = (values: readonly number[], shape: readonly number[]) =>
      ({ data: Float32Array.from(values), shape, dtype: 'float32' }) as const;
    return {
      boxes: tensor([0, left, 0.5, 0.75, 0, 0, 1, 1], [1, 2, 4]),
      classes: tensor([1, 0], [1, 2]),
      scores: tensor(scores, [1, 2]),
      count: tensor([2], [1]),
    };
  };
  const outputs = Object.entries(found(0, [0, 0])).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape,
    constant: false,
  }));
  const float = await model.floatModel();
  const finder = replaced(model, {
    execute: async () => found(0.125, [0.75, 0.25]),
    floatModel: async () => replaced(float, { outputs, execute: async () => found(0.25, [0.75, 0.5]) }),
  });
  const made = await createReport(finder, images.select([0]), { errors: [], classes: ['cat', 'dog'] });
  valid(JSON.parse(JSON.stringify(made)));
  const edges = { top: 0, bottom: 0.5, right: 0.75 };
  expect(made.samples[0]?.outputs).toMatchObject([
    {
      kind: 'boxes',
      tensor: 'boxes',
      float: [
        { ...edges, left: 0.25, label: 'dog', score: 0.75 },
        { top: 0, left: 0, bottom: 1, right: 1, label: 'cat', score: 0.5 },
      ],
      quantized: [{ ...edges, left: 0.125, label: 'dog', score: 0.75 }],
    },
  ]);
  expect(reportHtml(made)).toContain('<rect class="is" x="0.125" y="0" width="0.625" height="0.5"/>');
});

test('transforms, and models composed of parts', async () => {
  const shape = model.outputs[0]?.shape ?? [];
  const again = await Model.createAuxiliaryNetwork([softmaxTransform()], { x: { dtype: 'float32', shape } });
  const data = new Float32Array(10).fill(0.5);
  const alone = await createReport(again, [{ x: { data, shape } }]);
  valid(JSON.parse(JSON.stringify(alone)));
  expect(alone.transforms).toEqual([softmaxTransform().toJSON()]);
  expect(reportHtml(alone)).toContain('ost-processing for MLSoC (gen1)');

  const composed = await createReport(await Model.compose([model, again]), images.select([0, 1]));
  valid(JSON.parse(JSON.stringify(composed)));
  expect(composed.parts?.map(({ calibrationSamples }) => calibrationSamples)).toEqual([24, 0]);
  expect(composed.nodes).toHaveLength(report.nodes.length + 1);
  expect(composed.nodes.at(-1)).toMatchObject({ operator: 'SOFTMAX', precision: 'float' });
  expect(composed.weights).toEqual(report.weights);
});

test.each([
  ['RGB', 'NHWC', [10, 20, 30]],
  ['BGR', 'NHWC', [30, 20, 10]],
] as const)('the picture of an input undoes %s and %s', (color, layout, pixel) => {
  const preprocessing = { mean: [1, 2, 3], std: [2, 4, 8], color, layout };
  const data = Float32Array.of((10 - 1) / 2, (20 - 2) / 4, (30 - 3) / 8);
  const picture = inputPicture({ data, shape: [1, 1, 1, 3] }, { dtype: 'float32' }, preprocessing);
  expect(picture).toEqual({ width: 1, height: 1, rgba: Uint8Array.of(...pixel, 255) });
});

test('the picture of an input in integers, channels first, and none of what is no picture', () => {
  const info = { dtype: 'int8', quantization: { scale: [0.5], zeroPoint: [-128], axis: 0 } } as const;
  const tensor = { data: Int8Array.of(-128, 0, 127, -128, 0, 127), shape: [1, 3, 1, 2] };
  const preprocessing = { mean: 0, std: 2, layout: 'NCHW' } as const;
  expect(inputPicture(tensor, info, preprocessing)?.rgba).toEqual(
    Uint8Array.of(0, 255, 128, 255, 128, 0, 255, 255),
  );
  expect(
    inputPicture({ data: new Float32Array(4), shape: [1, 4] }, { dtype: 'float32' }, preprocessing),
  ).toBeUndefined();
});
