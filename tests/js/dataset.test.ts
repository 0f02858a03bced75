// Images as samples: files, folders, zips, blobs; formats; preprocessing.

import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import {
  imageDataset,
  inputPicture,
  type LoadedNet,
  Model,
  type Preprocessing,
  reshapeTransform,
  type Sample,
} from 'octet-quant';
import sharp from 'sharp';
import { expectRejection, loadFashion, rejection, UNIT_RANGE } from './support/fashion.js';

const SIZE = 28;
let net: LoadedNet;
let png: Uint8Array;
/** Values of a grey ramp that both axes take part in. */
const ramp = Uint8Array.from(
  { length: SIZE * SIZE },
  (_, index) => (index % SIZE) * 5 + Math.floor(index / SIZE) * 4,
);

beforeAll(async () => {
  net = await loadFashion();
  png = await encode('png');
});

async function encode(format: 'png' | 'jpeg' | 'webp', options = {}): Promise<Uint8Array> {
  const raw = { width: SIZE, height: SIZE, channels: 1 } as const;
  return new Uint8Array(await sharp(ramp, { raw }).toFormat(format, options).toBuffer());
}

const valuesOf = (sample: Sample): number[] => Array.from(Object.values(sample)[0]?.data ?? [], Number);
const expected = Array.from(ramp, (value) => Math.fround(value / 255));

test('PNG and lossless WebP are exact, JPEG is close', async () => {
  const files = [
    { name: 'a.png', data: png },
    { name: 'b.webp', data: await encode('webp', { lossless: true }) },
    { name: 'c.jpg', data: await encode('jpeg', { quality: 100 }) },
  ];
  const images = await imageDataset(files, UNIT_RANGE, { net });
  expect(images.items.map(({ name }) => name)).toEqual(['a.png', 'b.webp', 'c.jpg']);
  expect(valuesOf(await images.sample(0))).toEqual(expected);
  expect(valuesOf(await images.sample(1))).toEqual(expected);
  const differences = valuesOf(await images.sample(2)).map((value, index) =>
    Math.abs(value - (expected[index] ?? 0)),
  );
  expect(Math.max(...differences)).toBeLessThan(0.02);
});

test('blobs, paths, folders and zips are the same; folders give labels', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'octet-images-'));
  mkdirSync(join(folder, 'shoe'));
  mkdirSync(join(folder, 'bag'));
  writeFileSync(join(folder, 'shoe/2.png'), png);
  writeFileSync(join(folder, 'bag/1.png'), png);
  writeFileSync(join(folder, 'bag/notes.txt'), 'no image');
  const zip = zipSync({ 'shoe/2.png': png, 'bag/1.png': png, '__MACOSX/bag/._1.png': png, 'readme.md': png });
  writeFileSync(join(folder, 'all.zip'), zip);

  const inFolder = await imageDataset(folder, UNIT_RANGE, { net });
  expect(inFolder.items).toEqual([
    { name: 'bag/1.png', label: 'bag' },
    { name: 'shoe/2.png', label: 'shoe' },
  ]);
  for (const source of [join(folder, 'all.zip'), new Blob([Uint8Array.from(zip)])]) {
    const inZip = await imageDataset(source, UNIT_RANGE, { net });
    expect(inZip.items).toEqual(inFolder.items);
    expect(valuesOf(await inZip.sample(1))).toEqual(expected);
  }
  const several = [join(folder, 'shoe/2.png'), new File([Uint8Array.from(png)], 'x.png')];
  const alone = await imageDataset(several, UNIT_RANGE, { net });
  expect(alone.items.map(({ label }) => label)).toEqual(['', '']);
  for await (const sample of alone) expect(valuesOf(sample)).toEqual(expected);
});

test('images by path are looked for, and read only when they are decoded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'octet-images-'));
  const [small, huge] = [join(folder, 'small.png'), join(folder, 'huge.png')];
  writeFileSync(small, png);
  writeFileSync(huge, '');
  // More than fits into any memory, and nothing on the disk.
  truncateSync(huge, 2 ** 43);
  const images = await imageDataset([huge, small, pathToFileURL(small)], UNIT_RANGE, { net });
  expect(valuesOf(await images.sample(1))).toEqual(expected);
  expect(valuesOf(await images.sample(2))).toEqual(expected);
  for (const missing of [join(folder, 'missing.png'), pathToFileURL(join(folder, 'missing.png'))]) {
    const call = imageDataset([small, missing], UNIT_RANGE, { net });
    await expectRejection(call, 'INVALID_INPUT', /Cannot read '.*missing\.png'/);
  }
});

test('pixels are what the file holds', async () => {
  const images = await imageDataset({ name: 'a.png', data: png }, UNIT_RANGE, { net });
  const { width, height, rgba } = await images.pixels(0);
  expect([width, height, rgba.length]).toEqual([SIZE, SIZE, 4 * SIZE * SIZE]);
  const [value] = ramp.slice(40, 41);
  expect(Array.from(rgba.slice(160, 164))).toEqual([value, value, value, 255]);
});

test.each<[string, Preprocessing, (value: number) => number]>([
  ['minus one to one', { mean: 127.5, std: 127.5 }, (value) => (value - 127.5) / 127.5],
  ['lists', { mean: [10], std: [2] }, (value) => (value - 10) / 2],
])('normalises %s', async (_, preprocessing, normalised) => {
  const images = await imageDataset({ name: 'a.png', data: png }, preprocessing, { net });
  const values = valuesOf(await images.sample(0));
  for (const [index, value] of values.entries()) expect(value).toBeCloseTo(normalised(ramp[index] ?? 0), 5);
});

test.each<NonNullable<Preprocessing['layout']>>(['NHWC', 'NCHW'])(
  'grey images need no axis of channels, %s',
  async (layout) => {
    const types = { x: { dtype: 'float32', shape: [1, SIZE, SIZE] } } as const;
    const flat = await Model.createAuxiliaryNetwork(
      [reshapeTransform({ newshape: [1, SIZE * SIZE] })],
      types,
    );
    const preprocessing = { ...UNIT_RANGE, layout };
    const images = await imageDataset({ name: 'a.png', data: png }, preprocessing, { net: flat });
    const sample = await images.sample(0);
    expect(valuesOf(sample)).toEqual(expected);
    const [tensor] = Object.values(sample);
    const picture = tensor && inputPicture(tensor, { dtype: 'float32' }, preprocessing);
    expect(picture).toMatchObject({ width: SIZE, height: SIZE });
    expect(Array.from(picture?.rgba.filter((_, index) => index % 4 === 0) ?? [])).toEqual(Array.from(ramp));
  },
);

test('an input of several images says what it takes', async () => {
  const types = { x: { dtype: 'float32', shape: [4, SIZE, SIZE, 3] } } as const;
  const batch = await Model.createAuxiliaryNetwork([reshapeTransform({ newshape: [4, -1] })], types);
  const images = await imageDataset({ name: 'a.png', data: png }, UNIT_RANGE, { net: batch });
  const { message, hint } = await rejection(images.sample(0));
  expect(message).toMatch(/4x28x28x3/);
  expect(hint).toMatch(/4 images at once.*\.npy/);
});

test('colour becomes luma for one channel', async () => {
  const rgb = Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, index) => [200, 100, 50][index % 3] ?? 0);
  const data = new Uint8Array(
    await sharp(rgb, { raw: { width: SIZE, height: SIZE, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const images = await imageDataset({ name: 'a.png', data }, { mean: 0, std: 1 }, { net });
  expect(valuesOf(await images.sample(0))[0]).toBeCloseTo((299 * 200 + 587 * 100 + 114 * 50) / 1000, 4);
});

test('large images are resized', async () => {
  const data = new Uint8Array(
    await sharp(png)
      .resize(3 * SIZE, 2 * SIZE, { kernel: 'nearest', fit: 'fill' })
      .png()
      .toBuffer(),
  );
  const images = await imageDataset({ name: 'a.png', data }, { ...UNIT_RANGE, resize: 'nearest' }, { net });
  expect(valuesOf(await images.sample(0))).toEqual(expected);
});

test('selects', async () => {
  const files = ['a', 'b', 'c'].map((name) => ({ name: `${name}.png`, data: png }));
  const images = await imageDataset(files, UNIT_RANGE, { net });
  expect(images.select([2, 0]).items.map(({ name }) => name)).toEqual(['c.png', 'a.png']);
  expect(() => images.select([3])).toThrow(/no image 3/);
});
