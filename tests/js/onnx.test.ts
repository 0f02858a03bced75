// .onnx files through the library and the commands: as .tflite files, and what they have besides.

import { readFileSync } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { formatOf, type LoadedNet, loadModel, Model, onnxOperators } from 'octet-quant';
import { run } from './support/cli.js';
import { calibrationImages, FASHION_MODEL, ROOT, rejection } from './support/fashion.js';
import { message, model, node, value } from './support/onnx-message.js';

const FASHION_ONNX = join(ROOT, 'tests/models/fashion.onnx');

test('the same net as .tflite and as .onnx becomes the same integers', async () => {
  const nets = await Promise.all(
    [FASHION_MODEL, FASHION_ONNX].map((path) => loadModel(path, { target: 'tflite' })),
  );
  const made = nets.map(async (net) => {
    const images = await calibrationImages(net, 8);
    const model = await net.quantize(images);
    const sample = await images.sample(0);
    const tensors = await model.execute(sample, { keepLayerOutputs: 'all' });
    return { model, tensors };
  });
  const [tflite, onnx] = await Promise.all(made);
  if (tflite === undefined || onnx === undefined) throw new Error('Two models were made.');
  const integers = Object.entries(tflite.tensors).filter(([, tensor]) => tensor.dtype === 'int8');
  expect(integers.length).toBeGreaterThan(30);
  for (const [name, tensor] of integers)
    expect([name, onnx.tensors[name]?.data]).toEqual([name, tensor.data]);
  expect(onnx.model.inputs[0]).toMatchObject({ shape: [1, 28, 28, 1] });
  for (const net of nets) net.dispose();
});

/** y = relu(x) + w, whose w is in another file; and z, which Octet cannot compute. */
const EXTERNAL = model(
  [1, node('Relu', ['x'], 'r')],
  [1, node('Add', ['r', 'w'], 'y')],
  [5, message([1, 2], [2, 1], [8, 'w'], [13, message([1, 'location'], [2, 'weights.bin'])], [14, 1])],
  [11, value('x', ['batch', 2])],
  [12, value('y', ['batch', 2])],
);
const WEIGHTS = new Uint8Array(Float32Array.of(10, 20).buffer);

async function resultOf(net: LoadedNet): Promise<readonly number[]> {
  const { y } = await net.execute({ x: { data: Float32Array.of(-1, 2), shape: [1, 2] } });
  return Array.from(y?.data ?? [], Number);
}

describe('constants in other files', () => {
  test('are given with the bytes, by path or by its last part', async () => {
    for (const path of ['weights.bin', 'dropped/weights.bin']) {
      using net = await loadModel(EXTERNAL, { externalData: [{ path, data: WEIGHTS }] });
      expect(await resultOf(net)).toEqual([10, 22]);
    }
    const error = await rejection(loadModel(EXTERNAL));
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(error.message).toContain("'weights.bin'");
  });

  test('lie in the folder of the model, and links do not lead out of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octet-'));
    const path = join(folder, 'model.onnx');
    await writeFile(path, EXTERNAL);
    expect(await rejection(loadModel(path))).toMatchObject({ code: 'INVALID_INPUT' });
    await writeFile(join(folder, 'weights.bin'), WEIGHTS);
    using net = await loadModel(path);
    expect(await resultOf(net)).toEqual([10, 22]);

    const other = await mkdtemp(join(tmpdir(), 'octet-'));
    await writeFile(join(other, 'model.onnx'), EXTERNAL);
    await symlink(join(folder, 'weights.bin'), join(other, 'weights.bin'));
    const error = await rejection(loadModel(join(other, 'model.onnx')));
    expect(error.message).toContain("out of the model's folder");
    using given = await loadModel(join(other, 'model.onnx'), {
      externalData: [{ path: 'weights.bin', data: join(other, 'weights.bin') }],
    });
    expect(await resultOf(given)).toEqual([10, 22]);
  });
});

test('a model ends at the outputs that are asked for', async () => {
  const unknown = model(
    [1, node('Relu', ['x'], 'r')],
    [1, node('NonMaxSuppression', ['r'], 'y')],
    [11, value('x', [1, 2])],
    [12, value('y', [1, 2])],
  );
  const error = await rejection(loadModel(unknown));
  expect(error).toMatchObject({ code: 'UNSUPPORTED_OPERATOR' });
  expect(error.hint).toContain("'r'");
  using net = await loadModel(unknown, { outputs: ['r'] });
  expect(net.outputs.map(({ name }) => name)).toEqual(['r']);

  using whole = await loadModel(FASHION_MODEL);
  const [first] = whole.nodes;
  using cut = await loadModel(FASHION_MODEL, { outputs: [first?.outputs[0] ?? ''] });
  expect(cut.nodes.map(({ name }) => name)).toEqual([first?.name]);
});

test('images are stored with channels last, unless they are to stay', async () => {
  using net = await loadModel(FASHION_ONNX);
  const [input] = net.inputs;
  expect(input).toMatchObject({ shape: [1, 28, 28, 1], fileShape: [1, 1, 28, 28], fileAxes: [0, 2, 3, 1] });
  expect(net.nodes.filter(({ operator }) => operator === 'TRANSPOSE')).toEqual([]);
  using kept = await loadModel(FASHION_ONNX, { layout: 'NCHW' });
  expect(kept.inputs[0]?.shape).toEqual([1, 1, 28, 28]);
  expect(kept.inputs[0]?.fileAxes).toBeUndefined();
});

test('what is saved says how inputs lie in the file', async () => {
  using net = await loadModel(FASHION_ONNX);
  using made = await net.quantize(await calibrationImages(net, 4));
  using saved = await Model.load(made.save());
  expect(saved.inputs[0]?.fileAxes).toEqual([0, 2, 3, 1]);
});

test('formatOf knows them by content', async () => {
  expect(await formatOf(FASHION_ONNX)).toBe('onnx');
});

describe('octet', () => {
  test('export writes a float .tflite that computes the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octet-'));
    const output = join(folder, 'fashion.tflite');
    const { status, stdout } = run('export', FASHION_ONNX, '--output', output);
    expect(status).toBe(0);
    expect(stdout).toMatch(/0 of them TRANSPOSE/);
    using before = await loadModel(FASHION_ONNX);
    using after = await loadModel(output);
    const data = Float32Array.from({ length: 28 * 28 }, (_, i) => (i % 17) / 17);
    const results = await Promise.all(
      [before, after].map(async (net) => {
        const [input] = net.inputs;
        if (input === undefined) throw new Error('The net has an input.');
        const [result] = Object.values(await net.execute({ [input.name]: { data, shape: input.shape } }));
        return Array.from(result?.data ?? [], Number);
      }),
    );
    expect(results[1]).toHaveLength(10);
    results[1]?.forEach((probability, i) => {
      expect(probability).toBeCloseTo(results[0]?.[i] ?? Number.NaN, 5);
    });
  });

  test('takes shapes of open inputs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octet-'));
    const path = join(folder, 'open.onnx');
    await writeFile(
      path,
      model([1, node('Relu', ['x'], 'y')], [11, value('x', ['n', 'c'])], [12, value('y', ['n', 'c'])]),
    );
    const refused = run('inspect', path);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('[1, ?]');
    const { status, stdout } = run('inspect', path, '--input-shape', 'x=1,5');
    expect(status).toBe(0);
    expect(stdout).toContain('float32 1x5');
    expect(run('inspect', path, '--input-shape', 'x').status).toBe(1);
  });

  test('support --onnx lists what README.md lists', async () => {
    const [, listed] =
      /<!-- onnx operators -->\n([\s\S]*?)<!-- \/onnx operators -->/.exec(
        readFileSync(join(ROOT, 'README.md'), 'utf8'),
      ) ?? [];
    const names = await onnxOperators();
    expect(names.length).toBeGreaterThan(100);
    expect(listed?.trim().split(/[\s,]+/)).toEqual(names);
  });
});
