// Bad input: every failure is an OctetError that says what and where, and leaves the package usable.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultQuantization,
  faceDetectionTransform,
  formatOf,
  imageDataset,
  type LoadedNet,
  loadModel,
  Model,
  OctetError,
  type Sample,
  topK,
} from 'octet-quant';
// The pool is no part of the API; a worker can be made to crash only from inside.
import { newId, takeWorkers } from '../../bindings/js/dist/main/pool.js';
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
    const text = new TextEncoder().encode('not a model at all');
    await expectRejection(loadModel(text), 'INVALID_FILE', /is a text/);
    await expectRejection(formatOf(text), 'INVALID_FILE', /is a text/);
    await expectRejection(formatOf(new Uint8Array()), 'INVALID_FILE', /is empty/);
    expect((await rejection(Model.load(modelBytes()))).hint).toMatch(/loadModel/);
  });

  test('are known by their contents, whatever they are called', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'octet-'));
    const path = join(directory, 'model.octet');
    writeFileSync(path, modelBytes());
    expect(await formatOf(path)).toBe('tflite');
    expect(await formatOf(new Blob([modelBytes().slice()]))).toBe('tflite');
    const model = await net.quantize(await calibrationImages(net, 2));
    const bytes = model.save();
    model.dispose();
    expect(await formatOf(bytes)).toBe('octet');
    expect((await rejection(loadModel(bytes))).hint).toMatch(/Model\.load/);
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

/** Whether some worker keeps a net or something that looks at samples under the id. */
async function isKept(id: string): Promise<boolean> {
  const asked = takeWorkers(2).flatMap((worker) => [
    worker.call((api) => api.resolve(id, '{}')),
    worker.call((api) => api.fold(id, [])),
  ]);
  const answers = await Promise.allSettled(asked);
  return answers.some((answer) => answer.status === 'fulfilled' || !/disposed/.test(answer.reason.message));
}

/** The id that the next thing in the workers gets. */
const nextId = (): string => String(Number(newId()) + 1);

describe('what a call that fails leaves in the workers', () => {
  test('is no net that was cancelled', async () => {
    const id = nextId();
    const controller = new AbortController();
    const loading = loadModel(modelBytes(), { signal: controller.signal, workers: 2 });
    // Until opening has begun, but before any worker can have answered: nothing but promises has its turn meanwhile.
    for (let turn = 0; turn < 100; turn += 1) await undefined;
    controller.abort();
    await expectRejection(loading, 'CANCELLED', /./);
    expect(await isKept(id)).toBe(false);
  });

  test('is a net where nothing fails', async () => {
    const id = nextId();
    const loaded = await loadModel(modelBytes(), { workers: 2 });
    expect(await isKept(id)).toBe(true);
    loaded.dispose();
    expect(await isKept(id)).toBe(false);
  });

  test.each([1, 2, 4, 8, 16])(
    'is nothing of a calibration that was cancelled after %d turns',
    async (turns) => {
      // One worker has it open; the other opens it for the calibration.
      const loaded = await loadModel(modelBytes());
      const first = Number(newId()) + 1;
      const controller = new AbortController();
      const { signal } = controller;
      const call = loaded.calibrate([sampleOf(), sampleOf()], undefined, { signal, workers: 2 });
      const settled = call.catch(() => undefined);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      (await settled)?.dispose();
      // All calls up to here have been answered when one that comes after them has.
      await loaded.execute(sampleOf());
      const last = Number(newId());
      for (let id = first; id < last; id += 1) expect(await isKept(String(id))).toBe(false);
      loaded.dispose();
    },
  );

  test('is nothing of a calibration that was disposed of while it gathered', async () => {
    const calibration = await net.calibrate([sampleOf()], undefined, { workers: 2 });
    const other = defaultQuantization.withChannelEqualization();
    const first = Number(newId()) + 1;
    let given = 0;
    const run = calibration.quantize(other, {
      onProgress: ({ phase }) => {
        if (phase !== 'calibrate') return;
        given += 1;
        calibration.dispose();
      },
    });
    await expectRejection(run, 'INVALID_INPUT', /calibration was disposed of/);
    expect(given).toBeGreaterThan(0);
    const last = Number(newId());
    expect(last).toBeGreaterThan(first);
    for (let id = first; id < last; id += 1) expect(await isKept(String(id))).toBe(false);
  });
});

describe('a worker that crashes', () => {
  const crashed = async (worker: ReturnType<typeof takeWorkers>[number] | undefined): Promise<void> => {
    if (worker === undefined) throw new Error('There is no worker.');
    // The core takes options as text, and fails in a way that it does not expect.
    const call = worker.call((api) =>
      api.open({ id: 'x', kind: 'net', bytes: modelBytes(), options: 7 as never, externalData: [] }),
    );
    expect((await rejection(call)).message).toMatch(/stopped/);
  };

  test('with part of a calibration has it gathered anew', async () => {
    const samples = [sampleOf(), sampleOf(zeros().fill(1)), sampleOf(zeros().fill(0.5))];
    const calibration = await net.calibrate(samples, undefined, { workers: 2 });
    const before = (await calibration.quantize()).save();
    for (const which of [1, 0]) {
      await crashed(takeWorkers(2)[which]);
      expect(await calibration.serves(net.defaultQuantization)).toBe(false);
      const after = (await calibration.quantize(undefined, { workers: 2 })).save();
      expect(Buffer.compare(after, before)).toBe(0);
      expect(await calibration.serves(net.defaultQuantization)).toBe(true);
    }
    calibration.dispose();
  });

  test('does not spoil the float model of a quantized one for good', async () => {
    const model = await net.quantize([sampleOf()], undefined, { workers: 1 });
    for (const worker of takeWorkers(2).slice(1)) await crashed(worker);
    const [worker] = takeWorkers(1);
    const crash = crashed(worker);
    await Promise.allSettled([model.floatModel(), crash]);
    await expect((await model.floatModel()).execute(sampleOf())).resolves.toBeDefined();
    model.dispose();
  });

  test('fails its calls alone and is replaced', async () => {
    const [worker] = takeWorkers(1);
    if (worker === undefined) throw new Error('There is no worker.');
    // The core takes options as text, and fails in a way that it does not expect.
    const crash = worker.call((api) =>
      api.open({ id: 'x', kind: 'net', bytes: modelBytes(), options: 7 as never, externalData: [] }),
    );
    const meanwhile = worker.call((api) => api.supportedOperators());
    expect((await rejection(crash)).code).toBe('INTERNAL');
    await Promise.allSettled([meanwhile]);
    expect(takeWorkers(1)[0]).not.toBe(worker);
    await expect(net.execute(sampleOf())).resolves.toBeDefined();
  });
});

describe('words that are none of the choices', () => {
  let model: Model;

  beforeAll(async () => {
    model = await net.quantize([sampleOf()]);
  });

  // What programs without types may pass.
  const word = 'int9' as never;
  const feedback = { targetAccuracy: 1, accuracyScore: word } as never;
  test.each<[string, () => unknown, RegExp]>([
    ['target', () => loadFashion({ target: word }), /'gen1', 'gen2' or 'tflite'/],
    ['target', () => Model.createAuxiliaryNetwork([], {}, { target: word }), /'gen1', 'gen2' or 'tflite'/],
    ['ioType', () => model.toTFLite({ ioType: word }), /'float32', 'int8' or 'int16'/],
    ['requantization', () => net.convertToSimaQuantization({ requantization: word }), /'tflite' or 'sima'/],
    ['requantization', () => defaultQuantization.withRequantizationMode(word), /'tflite' or 'sima'/],
    ['biasCorrection', () => defaultQuantization.withBiasCorrection(word), /'regular' or 'iterative'/],
    ['metric', () => model.analyzeQuantizationError([sampleOf()], word), /'sqnr', 'mse', 'mae' or 'cosine'/],
    ['metric', () => model.rankSensitivity([sampleOf()], word), /'sqnr' or 'mse'/],
    ['metric', () => net.rankSensitivity([sampleOf()], word), /'sqnr' or 'mse'/],
    ['keepLayerOutputs', () => net.execute(sampleOf(), { keepLayerOutputs: word }), /it can be 'all'/],
    [
      'accuracyScore',
      () => net.quantizeWithAccuracyFeedback([sampleOf()], [sampleOf()], undefined, feedback),
      /it can be 'sqnr'/,
    ],
    ['range', () => faceDetectionTransform({ range: word }), /'short' or 'full'/],
  ])('%s', async (name, use, choices) => {
    const error = await rejection((async () => use())());
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toMatch(new RegExp(`${name}.* is "int9"`));
    expect(error.message).toMatch(choices);
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
