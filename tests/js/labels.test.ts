// Labels of images: classes and boxes from CSV files, and masks.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  boxesFromCsv,
  classesFromCsv,
  type ImageDataset,
  imageDataset,
  type LoadedNet,
  labelImages,
  Model,
  masksFor,
  type Preprocessing,
  reshapeTransform,
  top1,
} from 'octet-quant';
import sharp from 'sharp';
import { expectRejection, loadFashion, UNIT_RANGE } from './support/fashion.js';

let net: LoadedNet;
let images: ImageDataset;

/** A grey image of 4 x 2 pixels. */
const pixels = (values: readonly number[]): Promise<Uint8Array> =>
  sharp(Uint8Array.from(values), { raw: { width: 4, height: 2, channels: 1 } })
    .png()
    .toBuffer();

async function dataset(
  names: readonly string[],
  preprocessing: Preprocessing = UNIT_RANGE,
): Promise<ImageDataset> {
  const data = await pixels([0, 1, 2, 3, 4, 5, 6, 7]);
  return imageDataset(
    names.map((name) => ({ name, data })),
    preprocessing,
    { net },
  );
}

beforeAll(async () => {
  net = await loadFashion();
  images = await dataset(['x/a.png', 'x/b.png', 'y/a.png']);
});

const csv = (text: string): Uint8Array => new TextEncoder().encode(text);

async function truths(labels: Awaited<ReturnType<typeof classesFromCsv>>): Promise<string[]> {
  return Promise.all(Array.from({ length: labels.length }, (_, index) => labels.groundTruth(index)));
}

test.each([
  ['commas', 'file,label\nx/a.png,bag\ny/a.png,shirt\nb.png,"a ""quoted"", label"\n'],
  [
    'semicolons, other names, a mark in front, other columns',
    '\uFEFFlabel;Filename;score\nbag;x/a.png;1\nshirt;./y/a.png;2\n"a ""quoted"", label";x\\b.png;\n',
  ],
  [
    'longer paths, empty lines, Windows, others, twice',
    'file,label\r\n\r\ndata/x/a.png,bag\r\n,\r\n/data/y/a.png,shirt\r\nz/c.png,coat\r\nx/b.png,"a ""quoted"", label"\r\nx/a.png,bag\r\n',
  ],
])('classes: %s', async (_, text) => {
  expect(await truths(await classesFromCsv(images, csv(text)))).toEqual([
    'bag',
    'a "quoted", label',
    'shirt',
  ]);
});

test('classes from a file, evaluated', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'octet-labels-')), 'labels.csv');
  writeFileSync(path, 'file,label\nx/a.png,0\nx/b.png,1\ny/a.png,2\n');
  const labels = await classesFromCsv(images, path);
  const [of0, of1, of2] = await Promise.all(
    ['0', '1', '2'].map((label) =>
      net.evaluate(
        labelImages(images, () => label),
        top1(),
      ),
    ),
  );
  // All images are the same, so that the answer is one class.
  expect((await net.evaluate(labels, top1())) * 3).toBeCloseTo((of0 ?? 0) + (of1 ?? 0) + (of2 ?? 0), 12);
  const inputs = [];
  for await (const sample of labels) inputs.push(sample.groundTruth);
  expect(inputs).toEqual(['0', '1', '2']);
});

test.each([
  ['', /line 1: there is no header/],
  ['name,label\nx/a.png,1\n', /line 1: there is no column 'file'/],
  ['file,label,class\n', /line 1: there are 2 columns for 'label'/],
  ['file,label\nx/a.png,1\nx/b.png\n', /line 3: it has 1 cells, and the header has 2/],
  ['file,label\nx/a.png,"one\ntwo"\nx/b.png,\n', /line 4: 'label' is empty/],
  ['file,label\nx/a.png,"open\n', /line 2: quoted field unterminated/],
  ['file,label\nx/b.png,1\na.png,2\n', /line 3: 'a.png' may be several images/],
  [
    'file,label\nx/a.png,1\nx/a.png,2\nx/b.png,1\ny/a.png,1\n',
    /line 3: 'x\/a.png' has another label than in line 2/,
  ],
  ['file,label\nx/a.png,1\nx/b.png,2\n', /has no line for image 'y\/a.png'. Its first line names 'x\/a.png'/],
])('classes: %p is refused', async (text, message) => {
  await expectRejection(classesFromCsv(images, csv(text)), 'INVALID_INPUT', message);
});

test('what is no text is refused', async () => {
  await expectRejection(
    classesFromCsv(images, Uint8Array.of(0xff, 0xfe, 0x41)),
    'INVALID_INPUT',
    /not text in UTF-8/,
  );
  await expectRejection(classesFromCsv(images, 'nowhere.csv'), 'INVALID_INPUT', /nowhere.csv/);
});

test('boxes in pixels become parts of the input, stretched or centred', async () => {
  const text = 'file,class,xmin,ymin,xmax,ymax,iscrowd\nx/a.png,cat,1,0,3,2,0\nx/a.png,dog,0,1,4,2,1\n';
  const stretched = await boxesFromCsv(images, csv(text));
  expect(await stretched.groundTruth(0)).toEqual([
    { label: 'cat', left: 0.25, right: 0.75, top: 0, bottom: 1 },
    { label: 'dog', left: 0, right: 1, top: 0.5, bottom: 1, crowd: true },
  ]);
  expect(await stretched.groundTruth(1)).toEqual([]);
  // 4 x 2 pixels fill 28 x 14 of the input of 28 x 28, with 7 lines above and below.
  const centred = await boxesFromCsv(
    await dataset(['a.png'], { ...UNIT_RANGE, keepAspect: true }),
    csv(text),
  );
  expect(await centred.groundTruth(0)).toEqual([
    { label: 'cat', left: 0.25, right: 0.75, top: 0.25, bottom: 0.75 },
    { label: 'dog', left: 0, right: 1, top: 0.5, bottom: 0.75, crowd: true },
  ]);
});

/** Expects a box of the whole of a white image to be where preprocessing puts that on an input of `down` x `across`. */
async function expectWhereWhiteIs(
  holder: LoadedNet | Model,
  preprocessing: Preprocessing,
  [width, height]: readonly [number, number],
  [down, across]: readonly [number, number],
): Promise<void> {
  const white = { create: { width, height, channels: 3, background: '#ffffff' } } as const;
  const data = await sharp(white).png().toBuffer();
  const whole = await imageDataset({ name: 'a.png', data }, preprocessing, { net: holder });
  const lines = `file,label,left,top,right,bottom\na.png,all,0,0,${width},${height}\n`;
  const [box] = await (await boxesFromCsv(whole, csv(lines))).groundTruth(0);
  const [tensor] = Object.values(await whole.sample(0));
  const filled = [...(tensor?.data.keys() ?? [])].filter((at) => tensor?.data[at] === 1);
  const [rows, columns] = [filled.map((at) => Math.floor(at / across)), filled.map((at) => at % across)];
  expect([box?.left, box?.right]).toEqual(
    [Math.min(...columns), Math.max(...columns) + 1].map((x) => x / across),
  );
  expect([box?.top, box?.bottom]).toEqual([Math.min(...rows), Math.max(...rows) + 1].map((y) => y / down));
}

test.each([
  ['topLeft', 31, 10],
  ['center', 10, 31],
  ['bottomRight', 9, 40],
] as const)('a box of the whole image is where preprocessing puts it: %s', async (deposit, width, height) => {
  const preprocessing = { ...UNIT_RANGE, keepAspect: true, deposit };
  await expectWhereWhiteIs(net, preprocessing, [width, height], [28, 28]);
});

test.each(['NHWC', 'NCHW'] as const)('so it is without an axis of channels, %s', async (layout) => {
  const types = { x: { dtype: 'float32', shape: [1, 20, 30] } } as const;
  const flat = await Model.createAuxiliaryNetwork([reshapeTransform({ newshape: [1, 600] })], types);
  await expectWhereWhiteIs(flat, { ...UNIT_RANGE, keepAspect: true, layout }, [40, 8], [20, 30]);
});

test.each([
  ['x/a.png,cat,1,0,1,2', /line 2: the box is empty/],
  ['x/a.png,cat,1,0,x,2', /line 2: 'right' is 'x', and no number/],
  ['z.png,cat,1,0,2,2', /no line for image/],
])('box %p is refused', async (line, message) => {
  const text = `file,label,left,top,right,bottom\n${line}\n`;
  await expectRejection(boxesFromCsv(images, csv(text)), 'INVALID_INPUT', message);
});

test('masks of the same names', async () => {
  const masks = await imageDataset(
    [
      { name: 'masks/x/b.png', data: await pixels([0, 0, 0, 0, 0, 0, 0, 0]) },
      { name: 'masks/x/a.webp', data: await pixels([0, 1, 2, 3, 4, 5, 6, 255]) },
    ],
    UNIT_RANGE,
    { net },
  );
  const labelled = masksFor(images.select([0, 1]), masks);
  expect(await labelled.groundTruth(0)).toEqual({
    width: 4,
    height: 2,
    data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255),
  });
  expect(() => masksFor(images, masks)).toThrow(/No mask is named as image 'y\/a.png'/);
});

test('labels are for images of a dataset', async () => {
  const [sample] = [await images.sample(0)];
  expect(() => labelImages([sample] as never, () => 1)).toThrow(/for images of an imageDataset/);
});
