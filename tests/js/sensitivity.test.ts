// What single roundings make of the outputs, and the choice of nodes for INT16 by it.

import {
  type Calibration,
  defaultQuantization,
  type ImageDataset,
  type LoadedNet,
  type Progress,
  type QuantizationParams,
  type Sensitivity,
} from 'octet-quant';
import { calibrationImages, expectRejection, loadFashion } from './support/fashion.js';

let net: LoadedNet;
let images: ImageDataset;
let calibration: Calibration;

beforeAll(async () => {
  net = await loadFashion({ target: 'tflite' });
  images = await calibrationImages(net, 48);
  calibration = await net.calibrate(images);
});

afterAll(() => calibration.dispose());

/** Signal to noise at the output, in dB. */
async function sqnrOf(params: QuantizationParams): Promise<number> {
  const model = await calibration.quantize(params);
  const errors = await model.analyzeQuantizationError(images);
  model.dispose();
  return errors.find(({ node }) => node === net.nodes.at(-1)?.name)?.sqnr ?? Number.NaN;
}

describe('rankSensitivity', () => {
  test('ranks each rounding, whose noises add up nearly to what the model has', async () => {
    const params = net.defaultQuantization;
    const rows = await net.rankSensitivity(images, 'sqnr', { samples: 48, params });
    expect(rows.map(({ rounded }) => rounded)).toEqual(
      expect.arrayContaining(['input', 'weights', 'output']),
    );
    const worstFirst = rows.map(({ sqnr }) => sqnr);
    expect(worstFirst).toEqual([...worstFirst].sort((a, b) => (a === b ? 0 : a - b)));
    const sum = rows.reduce((noise, { sqnr }) => noise + 10 ** (-sqnr / 10), 0);
    expect(Math.abs(-10 * Math.log10(sum) - (await sqnrOf(params)))).toBeLessThan(3);
    const [output] = net.outputs;
    for (const { sqnr, outputs } of rows) expect(outputs[output?.name ?? '']?.sqnr).toBeCloseTo(sqnr, 6);
  });

  test('gives the same for any number of workers, and mse its own order', async () => {
    const params = net.defaultQuantization;
    const ranked = await calibration.rankSensitivity(params, 'mse', { samples: 3, workers: 1 });
    expect(await calibration.rankSensitivity(params, 'mse', { samples: 3, workers: 3 })).toEqual(ranked);
    const errors = ranked.map(({ mse }) => mse);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
  });

  test('can be estimated in a few passes, in nearly the same order', async () => {
    const model = await calibration.quantize();
    const some = images.select(Array.from({ length: 32 }, (_, index) => index));
    const options = { estimate: true, samples: 32 };
    const exact = await model.rankSensitivity(some, 'sqnr', { samples: 32 });
    const estimated = await model.rankSensitivity(some, 'sqnr', { ...options, workers: 1 });
    expect(await model.rankSensitivity(some, 'sqnr', { ...options, workers: 3 })).toEqual(estimated);
    const nameOf = ({ node, rounded }: Sensitivity) => `${rounded} ${node}`;
    const place = new Map(estimated.map((row, index) => [nameOf(row), index]));
    expect(place.size).toBe(exact.length);
    const distances = exact.map((row, index) => index - (place.get(nameOf(row)) ?? Number.NaN));
    const squares = distances.reduce((sum, distance) => sum + distance ** 2, 0);
    // Spearman's rank correlation.
    expect(1 - (6 * squares) / (exact.length ** 3 - exact.length)).toBeGreaterThan(0.88);
    model.dispose();
  });

  test('reports its progress, ends when it is told to, and refuses to look at no sample', async () => {
    const seen: Progress[] = [];
    await calibration.rankSensitivity(undefined, 'sqnr', {
      samples: 2,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.filter(({ phase }) => phase === 'rank').map(({ done, total }) => [done, total])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    const stop = new AbortController();
    const ranking = calibration.rankSensitivity(undefined, 'sqnr', {
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'rank' && stop.abort(),
    });
    await expectRejection(ranking, 'CANCELLED', /cancelled/i);
    await expectRejection(
      net.rankSensitivity(images, 'sqnr', { samples: 0 }),
      'INVALID_CONFIG',
      /at least 1/,
    );
    const model = await calibration.quantize();
    await expectRejection(model.rankSensitivity([]), 'INVALID_INPUT', /no sample/);
    model.dispose();
  });
});

describe('mixedPrecisionCurve', () => {
  test('gives what each share gains, expected and measured', async () => {
    const shares = [0, 0.1, 1];
    const params = net.defaultQuantization;
    const curve = await calibration.mixedPrecisionCurve(params, { shares, samples: 48, measure: true });
    expect(curve.map(({ limit }) => limit)).toEqual(shares);
    const name = net.outputs[0]?.name ?? '';
    for (const [index, { limit, share, nodes, expected, measured }] of curve.entries()) {
      expect(share).toBeLessThanOrEqual(limit + 1e-9);
      expect(expected[name]).toBeGreaterThanOrEqual(curve[index - 1]?.expected[name] ?? 0);
      const mixed = await calibration.mixedPrecision(params, { share: limit, samples: 48 });
      if (limit < 1) expect(nodes).toEqual(mixed.nodes);
      if (limit < 1)
        expect(measured?.[name]).toBeCloseTo((await sqnrOf(mixed.params)) - (await sqnrOf(params)), 6);
    }
    expect(curve.at(-1)?.share).toBeCloseTo(1, 9);
    expect(curve.at(-1)?.measured?.[name]).toBeGreaterThan(2);
    const [expectedOnly] = await calibration.mixedPrecisionCurve(params, { shares: [0], samples: 4 });
    expect(expectedOnly?.measured).toBeUndefined();
    await expectRejection(
      calibration.mixedPrecisionCurve(params, { shares: [0, 2] }),
      'INVALID_CONFIG',
      /shares are 0, 2/,
    );
  });
});

describe('mixedPrecision', () => {
  test('takes noise off the output within its share of the multiply-accumulates', async () => {
    const params = net.defaultQuantization;
    const plain = await sqnrOf(params);
    const macs = (names: readonly string[]): number =>
      net.nodes.reduce(
        (sum, { name, multiplyAccumulates }) => sum + (names.includes(name) ? multiplyAccumulates : 0),
        0,
      );
    const all = macs(net.nodes.map(({ name }) => name));
    for (const [share, gain] of [
      [0, -1], // What multiplies nothing gains little.
      [0.1, 1],
      [1, 2],
    ] as const) {
      const mixed = await calibration.mixedPrecision(params, { share, samples: 48 });
      expect(mixed.share).toBeLessThanOrEqual(share);
      expect(mixed.share).toBeCloseTo(macs(mixed.nodes) / all, 9);
      expect([...mixed.params.customQuantizationConfigs.keys()]).toEqual(mixed.nodes);
      expect(await sqnrOf(mixed.params)).toBeGreaterThan(plain + gain);
    }
  });

  test('keeps all other settings, and nodes that have some of their own', async () => {
    const wanted = await calibration.mixedPrecision(net.defaultQuantization, { share: 0.3, samples: 4 });
    const [first] = wanted.nodes;
    if (first === undefined) throw new Error('No node was chosen.');
    const params = net.defaultQuantization
      .withBiasCorrection('iterative')
      .withAdaptiveRounding()
      .withCustomQuantizationConfigs({ [first]: { quantizationPrecision: 'INT8' } });
    const mixed = await calibration.mixedPrecision(params, { share: 0.3, samples: 4 });
    expect(mixed.nodes).not.toContain(first);
    expect(mixed.params.customQuantizationConfigs.get(first)).toEqual({ quantizationPrecision: 'INT8' });
    expect(mixed.params.withCustomQuantizationConfigs({}).toJSON()).toEqual(
      params.withCustomQuantizationConfigs({}).toJSON(),
    );
  });

  test('places every node as INT8 did', async () => {
    for (const target of ['gen1', 'tflite'] as const) {
      const other = await loadFashion({ target });
      const { params } = await other.mixedPrecision(images, other.defaultQuantization, {
        share: 0.2,
        samples: 2,
      });
      const model = await other.quantize(images.select([0, 1]), params);
      const units = new Map(other.nodes.map(({ name, unit }) => [name, unit]));
      for (const { name, unit } of model.report().nodes)
        expect([name, unit]).toEqual([name, units.get(name) ?? 'MLA']);
      expect(JSON.stringify(model.params)).toContain('INT16');
      other.dispose();
    }
  });

  test('has HARD_SWISH in INT16 for TFLite too, decomposed into what TFLite has', async () => {
    const [first, second] = net.nodes.filter(({ operator }) => operator === 'HARD_SWISH');
    if (first === undefined || second === undefined) throw new Error('The sample has HARD_SWISH.');
    const params = net.defaultQuantization.withCustomQuantizationConfigs({
      [first.name]: { quantizationPrecision: 'INT16' },
    });
    await calibration.quantize();
    expect(await calibration.serves(params)).toBe(false); // The components are calibrated.
    const model = await calibration.quantize(params);
    expect(await calibration.serves(params)).toBe(true);
    expect(await calibration.serves(net.defaultQuantization)).toBe(false);
    const operatorOf = (name: string) => model.nodes.find((node) => node.name === name)?.operator;
    expect(operatorOf(first.name)).toBe('MUL');
    expect(operatorOf(`${first.name}/gate`)).toBe('ADD');
    expect(operatorOf(second.name)).toBe('HARD_SWISH');
    expect(await model.exportNotes()).toEqual([]);
    model.dispose();
  });

  test('refuses a share that is none', async () => {
    await expectRejection(
      net.mixedPrecision(images, defaultQuantization, { share: 1.5 }),
      'INVALID_CONFIG',
      /share is 1.5; it must be from 0 to 1/,
    );
  });
});
