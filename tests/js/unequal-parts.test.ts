// A head that joins boxes of up to 640 with scores below 1: what one scale cannot hold keeps its own precision.

import { join } from 'node:path';
import { loadModel, type Model, recommendedQuantization, type Sample, type Target } from 'octet-quant';
import { ROOT } from './support/fashion.js';

const HEAD = join(ROOT, 'tests/assets/boxes_beside_scores.tflite');
const OUTPUT = 'Identity';
const CHANNELS = 6;
const BOXES = 4;

const shape = [1, 8, 8, 3];
const samples: readonly Sample[] = Array.from({ length: 6 }, (_, sample) => ({
  x: { data: Float32Array.from({ length: 192 }, (_, at) => ((at * 37 + sample * 101) % 251) / 250), shape },
}));

interface Made {
  readonly model: Model;
  /** In dB, of boxes and of scores. */
  readonly sqnr: readonly [number, number];
}

async function quantized(target: Target): Promise<Made> {
  const net = await loadModel(HEAD, { target });
  const model = await net.quantize(
    samples,
    target === 'tflite' ? recommendedQuantization.withRequantizationMode('tflite') : recommendedQuantization,
  );
  const signal = [0, 0] as [number, number];
  const noise = [0, 0] as [number, number];
  for (const sample of samples) {
    const expected = (await net.execute(sample))[OUTPUT]?.data as Float32Array;
    const actual = (await model.execute(sample))[OUTPUT]?.data as Float32Array;
    expected.forEach((value, at) => {
      const part = at % CHANNELS < BOXES ? 0 : 1;
      signal[part] += value ** 2;
      noise[part] += ((actual[at] ?? Number.NaN) - value) ** 2;
    });
  }
  const decibels = (part: 0 | 1) => 10 * Math.log10(signal[part] / noise[part]);
  return { model, sqnr: [decibels(0), decibels(1)] };
}

test.each(['tflite', 'gen1', 'gen2'] as const)(
  'boxes and scores keep their precision on %s',
  async (target) => {
    const { model, sqnr } = await quantized(target);
    expect(sqnr[0]).toBeGreaterThan(30);
    expect(sqnr[1]).toBeGreaterThan(30);
    const joining = model.nodes.find(({ operator }) => operator === 'CONCATENATION');
    expect(joining?.reasons).toEqual([
      expect.stringMatching(
        /joins values up to \d+ with values up to 0\.\d+, which one INT8 scale cannot hold/,
      ),
    ]);
  },
);

test('a file with int8 outputs has one scale, and a note says what that costs', async () => {
  const { model } = await quantized('tflite');
  const note = /As int8, output 'Identity' .*channels 4 to 5 of .*--io float32/;
  expect(await model.exportNotes({ ioType: 'int8' })).toEqual([expect.stringMatching(note)]);
  expect(await model.exportNotes()).toEqual([expect.stringMatching(note)]);
  expect(await model.exportNotes({ ioType: 'float32' })).toEqual([]);
  const integers = await loadModel(await model.toTFLite({ ioType: 'int8' }), { target: 'tflite' });
  expect(integers.outputs).toMatchObject([{ name: OUTPUT, dtype: 'int8' }]);
  expect(integers.nodes.map(({ operator }) => operator)).not.toContain('DEQUANTIZE');
});
