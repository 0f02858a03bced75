// Accuracy methods are judged on samples that they have not seen, and left out where they do not help.

import {
  type AccuracyMethod,
  type LoadedNet,
  type Model,
  recommendedQuantization,
  type Sample,
} from 'octet-quant';
import { methodSentence } from 'octet-quant/display';
import { OutputNoise } from '../../bindings/js/dist/main/output-noise.js';
import { calibrationImages, loadFashion } from './support/fashion.js';

let net: LoadedNet;
let samples: Sample[];

beforeAll(async () => {
  net = await loadFashion({ target: 'tflite' });
  samples = [];
  for await (const sample of await calibrationImages(net, 18)) samples.push(sample);
});

const params = recommendedQuantization.withRequantizationMode('tflite');

function found(model: Model, method: AccuracyMethod) {
  const finding = model.report().methods?.find((one) => one.method === method);
  if (finding === undefined) throw new Error(`Nothing was found of ${method}.`);
  return finding;
}

describe('judged methods', () => {
  it('say what was found of each, and settings hold those that were used', async () => {
    const model = await net.quantize(samples, params);
    const { methods = [], settings } = model.report();
    expect(methods.map(({ method }) => method)).toEqual([
      'smoothQuant',
      'adaptiveRounding',
      'biasCorrection',
    ]);
    for (const { samples: judging, kept, gain = 0 } of methods) {
      expect(judging).toBe(6);
      if (kept) expect(gain).toBeGreaterThan(0);
    }
    expect(settings.judgeMethods).toBe(false);
    expect(settings.smoothQuant.enabled).toBe(found(model, 'smoothQuant').kept);
    expect(settings.adaptiveRounding).toBe(found(model, 'adaptiveRounding').kept);
    expect(settings.biasCorrection !== 'none').toBe(found(model, 'biasCorrection').kept);
  });

  it('do not depend on the order of samples, nor on the number of workers', async () => {
    const one = await net.quantize(samples, params, { workers: 1 });
    const other = await net.quantize([...samples].reverse(), params, { workers: 2 });
    expect(Buffer.from(await other.toTFLite()).equals(await one.toTFLite())).toBe(true);
    expect(other.report().methods).toEqual(one.report().methods);
  });

  it('are left out where too few samples differ', async () => {
    const [first = {}] = samples;
    const model = await net.quantize([...samples.slice(0, 5), first, first], params);
    const plain = await net.quantize(
      [...samples.slice(0, 5), first, first],
      params
        .withJudgedMethods(false)
        .withSmoothQuant(false)
        .withAdaptiveRounding(false)
        .withBiasCorrection('none'),
    );
    expect(Buffer.from(await model.toTFLite()).equals(await plain.toTFLite())).toBe(true);
    expect(found(model, 'smoothQuant')).toEqual({ method: 'smoothQuant', kept: false, samples: 0 });
    expect(methodSentence(found(model, 'smoothQuant'))).toMatch(
      /^Smooth quant was left out: .* too few samples/,
    );
  });

  it('go on through one calibration, and once for a search of precisions', async () => {
    const phases: string[] = [];
    const calibration = await net.calibrate(samples, params);
    const model = await calibration.quantize(params, { onProgress: ({ phase }) => phases.push(phase) });
    expect(phases).toContain('judge');
    phases.length = 0;
    const again = await calibration.quantize(params, { onProgress: ({ phase }) => phases.push(phase) });
    expect(phases).not.toContain('judge');
    expect(again.report()).toEqual(model.report());
    calibration.dispose();
  });

  it('report progress that never goes back', async () => {
    const seen: { done: number; total: number }[] = [];
    await net.quantize(samples, params, {
      onProgress: ({ phase, done, total = 0 }) => phase === 'judge' && seen.push({ done, total }),
    });
    expect(seen.length).toBeGreaterThan(samples.length);
    for (const [at, { done, total }] of seen.entries()) {
      expect(done).toBeGreaterThanOrEqual(seen[at - 1]?.done ?? 0);
      expect(total).toBeGreaterThanOrEqual(done);
    }
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const call = net.quantize(samples, params, {
      signal: controller.signal,
      onProgress: ({ phase, done }) => phase === 'judge' && done > 20 && controller.abort(),
    });
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('OutputNoise', () => {
  const output = [{ name: 'out', shape: [1, 2, 3], dtype: 'float32' }] as never;
  const exact = [0, 1, 2].map((sample) => [Float32Array.of(100, 0.1, 50, 200 + sample, 0.2, 60)]);
  const off = (noise: readonly number[]) =>
    new OutputNoise(
      output,
      exact,
      exact.map(([values = new Float32Array()]) => [values.map((value, i) => value + (noise[i % 3] ?? 0))]),
    );

  it('looks at channels of other ranges apart', () => {
    const changes = off([1, 0.1, 1]).changesFrom(off([1, 0.01, 1]));
    expect(changes.map(({ decibels }) => Math.round(decibels))).toEqual([20, 0]);
    expect(changes[0]?.output).toBe('out');
  });

  it('has no error where samples agree, and leaves out what has no noise', () => {
    const [change, ...others] = off([2, 0, 0]).changesFrom(off([1, 0, 0]));
    expect(change?.decibels).toBeCloseTo(6.02, 2);
    expect(change?.error).toBeLessThan(0.01);
    expect(others).toEqual([]);
  });
});
