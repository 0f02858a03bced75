// NumPy arrays given to the octet command.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { writeNpy } from '../../bindings/cli/dist/numpy/npy.js';
import { inFolder, octet, PHOTOS, quantizeFashion, run, runJson } from './support/cli.js';
import { ROOT } from './support/fashion.js';

beforeAll(quantizeFashion);

describe('arrays', () => {
  const twoInputs = join(ROOT, 'tests/assets/image_and_vector.tflite');
  const args = ['quantize', twoInputs, '--target', 'tflite', '--preset', 'default'];
  const metas = () => `meta=${inFolder('metas.npy')}`;
  /** The quantized file of so calibrated a net. */
  const quantized = (...more: string[]) => {
    const path = inFolder('arrays.octet');
    expect(run(...args, ...more, '--output', path)).toMatchObject({ status: 0 });
    return readFileSync(path);
  };

  beforeAll(async () => {
    const dtype = 'float32';
    const images = Float32Array.from({ length: 3 * 768 }, (_, index) => ((index * 37) % 256) / 255);
    // Channel c of pixel p of an image, in place c 256 + p instead of 3 p + c.
    const channelsFirst = images.map((_, index) => {
      const [image, channel, pixel] = [Math.floor(index / 768), Math.floor(index / 256) % 3, index % 256];
      return images[768 * image + 3 * pixel + channel] ?? 0;
    });
    const metas = Float32Array.from({ length: 15 }, (_, index) => Math.sin(index));
    await writeNpy(inFolder('images.npy'), { data: images, shape: [3, 16, 16, 3], dtype });
    await writeNpy(inFolder('nchw.npy'), { data: channelsFirst, shape: [3, 3, 16, 16], dtype });
    await writeNpy(inFolder('small.npy'), { data: images, shape: [12, 8, 8, 3], dtype });
    await writeNpy(inFolder('metas.npy'), { data: metas, shape: [3, 5], dtype });
    const zip = zipSync({
      'image.npy': readFileSync(inFolder('images.npy')),
      'meta.npy': readFileSync(inFolder('metas.npy')),
    });
    writeFileSync(inFolder('both.npz'), zip);
  });

  test('calibrate several inputs, by name or from a .npz file', () => {
    const named = quantized('--calibration', `image=${inFolder('images.npy')}`, '--calibration', metas());
    expect(quantized('--calibration', inFolder('both.npz'))).toEqual(named);
    const { samples } = runJson('analyze', inFolder('arrays.octet'), '--data', inFolder('both.npz'));
    expect(samples).toBe(3);
  });

  test('in NCHW are transposed, and that is said even to programs', () => {
    const named = quantized('--calibration', inFolder('both.npz'));
    const given = ['--calibration', `image=${inFolder('nchw.npy')}`, '--calibration', metas()];
    expect(quantized(...given)).toEqual(named);
    const { status, stderr } = run(...args, ...given, '--output', inFolder('a.octet'), '--json');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^Note: '.*nchw\.npy' has shape 3x3x16x16, .* 1x16x16x3: .*transposed\.\n$/,
      ),
    });
  });

  test('are normalized as images are', async () => {
    const pixels = Uint8Array.from({ length: 4 * 784 }, (_, index) => (index * 29) % 256);
    const reals = Float32Array.from(pixels, (value) => Math.fround(value - 127.5) / 63.75);
    await writeNpy(inFolder('pixels.npy'), { data: pixels, shape: [4, 28, 28, 1], dtype: 'uint8' });
    await writeNpy(inFolder('reals.npy'), { data: reals, shape: [4, 28, 28, 1], dtype: 'float32' });
    const analyzed = (name: string, ...more: string[]) =>
      runJson('analyze', octet, '--data', inFolder(name), ...more);
    expect(analyzed('pixels.npy', '--mean', '127.5', '--std', '63.75')).toEqual(analyzed('reals.npy'));
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'a shape that does not fit',
      ['image=small.npy', 'meta=metas.npy'],
      2,
      /12x8x8x3.*1x16x16x3.*\n +Save it/,
    ],
    ['an input without an array', ['image=images.npy'], 2, /'image' has 3, 'meta' has 0/],
    [
      'an array for no input in particular',
      ['images.npy'],
      1,
      /Which input is 'images\.npy' for\?.*'image', 'meta'/,
    ],
    ['images for several inputs', [PHOTOS], 1, /one input, and this one has 'image', 'meta'/],
    ['images beside arrays', [PHOTOS, 'both.npz'], 1, /either images or \.npy/],
    ['a layout', ['both.npz', '--layout=NCHW'], 1, /--layout is for images/],
    ['a size', ['both.npz', '--resize=area'], 1, /--resize is for images/],
    ['a mean without a deviation', ['both.npz', '--mean=1'], 1, /--mean needs --std/],
  ])('%s is refused', (_, given, status, message) => {
    const options = given.map((text) => (text.startsWith('--') ? text : `--calibration=${text}`));
    const result = run(...args, ...options, '--output', inFolder('no.octet'));
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  test('are no labelled images, and octet run takes one sample', () => {
    const samples = inFolder('samples.npy');
    for (const command of ['evaluate', 'preprocess']) {
      const more = command === 'preprocess' ? ['--output-dir', inFolder('no')] : [];
      expect(run(command, octet, '--data', samples, ...more)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/samples\.npy' is no image/),
      });
    }
    expect(run('run', octet, '--input', samples, '--profile')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/takes one sample, and the arrays hold 8/),
    });
  });
});
