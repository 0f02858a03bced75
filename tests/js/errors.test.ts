// Bad input: every failure is an OctetError that says what and where, and leaves the package usable.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultQuantization,
  imageDataset,
  type LoadedNet,
  loadModel,
  Model,
  OctetError,
  type Sample,
  topK,
} from 'octet-quant';
// The pool is no part of the API; a worker can be made to crash only from inside.
import { takeWorkers } from '../../bindings/js/dist/pool.js';
import {
  calibrationImages,
  expectRejection,
  loadFashion,
  modelBytes,
  rejection,
  UNIT_RANGE,
} from './support/fashion.js';

let net: LoadedNet;
let input: string;

beforeAll(async () => {
  net = await loadFashion();
  input = net.inputs[0]?.name ?? '';
});

const zeros = (): Float32Array => new Float32Array(28 * 28);
const sampleOf = (data = zeros(), shape = [1, 28, 28, 1]): Sample => ({ [input]: { data, shape } });

describe('files', () => {
  test('truncated anywhere', async () => {
    const bytes = modelBytes();
    for (let part = 0; part < 50; part += 1) {
      const error = await rejection(loadModel(bytes.slice(0, Math.floor((bytes.length * part) / 50))));
      expect(error.code).toBe('INVALID_FILE');
      expect(error.message).toMatch(/\.$/);
    }
  });

  test('of another type', async () => {
    await expectRejection(loadModel(new TextEncoder().encode('not a model at all')), 'INVALID_FILE', /./);
    await expectRejection(Model.load(modelBytes()), 'INVALID_FILE', /./);
  });

  test('that do not exist', async () => {
    await expectRejection(loadModel('/nowhere/model.tflite'), 'INVALID_INPUT', /\/nowhere\/model\.tflite/);
  });

  test('.octet truncated anywhere', async () => {
    const model = await net.quantize(await calibrationImages(net, 2));
    const bytes = model.save();
    for (let part = 0; part < 50; part += 1) {
      const error = await rejection(Model.load(bytes.slice(0, Math.floor((bytes.length * part) / 50))));
      expect(error.code).toBe('INVALID_FILE');
    }
  });

  test('with an unknown target', async () => {
    // @ts-expect-error: what a program without types may pass
    await expectRejection(loadFashion({ target: 'gen3' }), 'INVALID_CONFIG', /gen3/);
  });
});

describe('tensors', () => {
  test.each<[string, () => Sample, RegExp]>([
    ['of a wrong shape', () => sampleOf(zeros(), [1, 14, 56, 1]), /1x14x56x1/],
    ['of a wrong length', () => sampleOf(new Float32Array(5)), /784 elements/],
    ['missing', () => ({}), /missing/],
    ['superfluous', () => ({ ...sampleOf(), more: { data: zeros(), shape: [784] } }), /no input 'more'/],
    ['with infinity', () => sampleOf(zeros().fill(Infinity, 5, 6)), /Infinity at element 5/],
    ['that are none', () => ({ [input]: null as never }), /Float32Array/],
    ['of plain numbers', () => ({ [input]: { data: [1, 2] as never, shape: [2] } }), /Float32Array/],
  ])('%s', async (_, make, message) => {
    await expectRejection(net.execute(make()), 'INVALID_INPUT', message);
  });

  test('NaN in calibration names input and sample', async () => {
    const samples = [sampleOf(), sampleOf(), sampleOf(zeros().fill(Number.NaN, 9, 10)), sampleOf()];
    const error = await rejection(net.quantize(samples, undefined, { workers: 2 }));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toMatch(/^Sample 2: .*NaN at element 9/);
    expect(error.where.input).toBe(input);
  });

  test('labels that the model does not have', async () => {
    const labelled = [{ inputs: sampleOf(), groundTruth: 'zebra' }];
    await expectRejection(net.evaluate(labelled, topK(1, ['a', 'b'])), 'INVALID_INPUT', /zebra/);
  });
});

describe('calibration', () => {
  test('without samples', async () => {
    async function* nothing(): AsyncGenerator<Sample> {}
    await expectRejection(net.quantize([]), 'EMPTY_CALIBRATION', /no calibration sample/);
    await expectRejection(net.quantize(nothing()), 'EMPTY_CALIBRATION', /no calibration sample/);
  });

  test('with a node that does not exist', async () => {
    const params = defaultQuantization.withUnquantizedNodes(['nonsense']);
    await expectRejection(net.quantize([sampleOf()], params), 'INVALID_CONFIG', /nonsense/);
  });

  test('passes on what the samples throw', async () => {
    async function* failing(): AsyncGenerator<Sample> {
      yield sampleOf();
      throw new Error('the camera is off');
    }
    await expect(net.quantize(failing())).rejects.toThrow('the camera is off');
  });

  test('with no workers', async () => {
    await expectRejection(net.quantize([sampleOf()], undefined, { workers: 0 }), 'INVALID_CONFIG', /workers/);
  });
});

describe('images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octet-'));

  test('that are none', async () => {
    const path = join(folder, 'broken.png');
    writeFileSync(path, 'no image');
    const images = await imageDataset(path, UNIT_RANGE, { net });
    await expectRejection(images.sample(0), 'INVALID_INPUT', /broken\.png/);
    await expectRejection(net.quantize(images), 'INVALID_INPUT', /^Sample 0: .*broken\.png/);
  });

  test('zips that are none', async () => {
    const path = join(folder, 'broken.zip');
    writeFileSync(path, 'no zip');
    await expectRejection(imageDataset(path, UNIT_RANGE, { net }), 'INVALID_INPUT', /broken\.zip/);
  });

  test('folders without any', async () => {
    const path = mkdtempSync(join(tmpdir(), 'octet-empty-'));
    await expectRejection(imageDataset(path, UNIT_RANGE, { net }), 'INVALID_INPUT', /no images/);
  });

  test('preprocessing that does not fit', async () => {
    const images = await calibrationImages(net, 2);
    const wrong = await imageDataset(
      { name: 'a.png', data: new Uint8Array() },
      { mean: [1, 2], std: 1 },
      { net },
    );
    expect(images.length).toBe(2);
    await expectRejection(wrong.sample(0), 'INVALID_INPUT', /a\.png/);
  });
});

describe('cancelling', () => {
  test('takes effect within one sample and leaves everything usable', async () => {
    const controller = new AbortController();
    let given = 0;
    async function* endless(): AsyncGenerator<Sample> {
      for (;;) {
        given += 1;
        if (given === 10) controller.abort();
        yield sampleOf();
      }
    }
    const call = net.quantize(endless(), undefined, { signal: controller.signal, workers: 2 });
    await expectRejection(call, 'CANCELLED', /cancelled/);
    expect(given).toBeLessThanOrEqual(11);
    await expect(net.execute(sampleOf())).resolves.toBeDefined();
  });

  test('before the start', async () => {
    const signal = AbortSignal.abort();
    await expectRejection(loadFashion({ signal }), 'CANCELLED', /./);
    await expectRejection(net.execute(sampleOf(), { signal }), 'CANCELLED', /./);
    await expectRejection(net.quantize([sampleOf()], undefined, { signal }), 'CANCELLED', /./);
  });
});

describe('a worker that crashes', () => {
  test('fails its calls alone and is replaced', async () => {
    const [worker] = takeWorkers(1);
    if (worker === undefined) throw new Error('There is no worker.');
    // The core takes options as text, and fails in a way that it does not expect.
    const crash = worker.call((api) =>
      api.open({ id: 'x', kind: 'net', bytes: modelBytes(), options: 7 as never }),
    );
    const meanwhile = worker.call((api) => api.supportedOperators());
    expect((await rejection(crash)).code).toBe('INTERNAL');
    await Promise.allSettled([meanwhile]);
    expect(takeWorkers(1)[0]).not.toBe(worker);
    await expect(net.execute(sampleOf())).resolves.toBeDefined();
  });
});

test('an OctetError is plain in JSON', () => {
  const error = new OctetError({ code: 'INVALID_INPUT', message: 'No.', where: { input: 'x' } });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'INVALID_INPUT',
    message: 'No.',
    where: { input: 'x' },
    hint: '',
  });
});
