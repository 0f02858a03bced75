// Images with what a model should say about them: classes, boxes or maps of classes.

import type { ClassMap, LabelledBox, LabelledImages } from '../../statistics/types.js';
import type { ImageDataset, ImageItem } from '../../types.js';
import { OctetError } from '../../wire/errors.js';
import { onInput } from './box-frame.js';
import { type Column, type Row, readTable, type Table } from './csv.js';
import { FileNames } from './file-names.js';
import { LabelledDataset } from './labelled-dataset.js';

const FILE: Column = { name: 'file', also: ['filename', 'file_name', 'image', 'path'] };
const LABEL: Column = { name: 'label', also: ['class', 'category'] };
const EDGES: readonly Column[] = [
  { name: 'left', also: ['xmin', 'x_min', 'x1'] },
  { name: 'top', also: ['ymin', 'y_min', 'y1'] },
  { name: 'right', also: ['xmax', 'x_max', 'x2'] },
  { name: 'bottom', also: ['ymax', 'y_max', 'y2'] },
];
const CROWD: Column = { name: 'crowd', also: ['iscrowd', 'is_crowd'], optional: true };

/** Where labels are: the path (Node) or URL of a CSV file, or its contents. */
export type LabelSource = string | URL | Blob | Uint8Array;

/** Images with what `groundTruth` says of each. */
export function labelImages<GroundTruth>(
  images: ImageDataset,
  groundTruth: (item: ImageItem, index: number) => GroundTruth | Promise<GroundTruth>,
): LabelledImages<GroundTruth> {
  return new LabelledDataset(images, groundTruth);
}

/**
 * Images with their classes from a CSV file with the columns `file` and `label`. A file is named by its path among the
 * images or the end of it. Each image needs a line; lines for other images do not matter.
 */
export async function classesFromCsv(
  images: ImageDataset,
  csv: LabelSource,
): Promise<LabelledImages<string>> {
  const table = await readTable(csv, [FILE, LABEL]);
  const rows = rowsOfImages(images, table);
  const classes = images.items.map(({ name }, index) => {
    const [row, again] = rows[index] ?? [];
    if (row === undefined) throw unlabelled(name, table);
    if (again !== undefined && cell(again, 'label') !== cell(row, 'label'))
      throw table.error(again.line, `'${name}' has another label than in line ${row.line}`);
    return cell(row, 'label');
  });
  return labelImages(images, (_, index) => classes[index] ?? '');
}

/**
 * Images with their boxes from a CSV file with the columns `file`, `label`, `left`, `top`, `right` and `bottom`, a line for
 * each box, in pixels of the image from its left upper corner, and `crowd`, 0 or 1, if need be. An image without a line has
 * no box.
 */
export async function boxesFromCsv(
  images: ImageDataset,
  csv: LabelSource,
): Promise<LabelledImages<readonly LabelledBox[]>> {
  const table = await readTable(csv, [FILE, LABEL, ...EDGES, CROWD]);
  const rows = rowsOfImages(images, table);
  const boxes = rows.map((some) => some.map((row) => boxOf(row, table)));
  if (boxes.every((some) => some.length === 0) && table.rows.length > 0)
    throw unlabelled(images.items[0]?.name ?? '', table);
  const labelled: LabelledDataset<readonly LabelledBox[]> = new LabelledDataset(images, async (_, index) => {
    const some = boxes[index] ?? [];
    if (some.length === 0) return [];
    const { width, height } = await images.pixels(index);
    const { preprocessing, inputShape } = labelled.images;
    return some.map((box) => onInput(box, { width, height }, inputShape, preprocessing));
  });
  return labelled;
}

/** Images with maps of classes: grey images of the same names, but for what is behind the dot, whose values are class numbers. */
export function masksFor(images: ImageDataset, masks: ImageDataset): LabelledImages<ClassMap> {
  const stem = (name: string) => name.replace(/\.[^./]*$/, '');
  const names = new FileNames(masks.items.map(({ name }) => stem(name)));
  const places = images.items.map(({ name }) => {
    const place = names.find(stem(name));
    if (typeof place === 'number') return place;
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `${place === 'several' ? 'Several masks are' : 'No mask is'} named as image '${name}'.`,
      hint: 'Give a mask of the same name for each image.',
    });
  });
  return labelImages(images, async (_, index) => {
    const { width, height, rgba } = await masks.pixels(places[index] ?? 0);
    return {
      width,
      height,
      data: Uint8Array.from({ length: width * height }, (__, at) => rgba[4 * at] ?? 0),
    };
  });
}

/** The rows of each image, in the file's order. */
function rowsOfImages(images: ImageDataset, table: Table): readonly Row[][] {
  const names = new FileNames(images.items.map(({ name }) => name));
  const rows = images.items.map((): Row[] => []);
  for (const row of table.rows) {
    const place = names.find(cell(row, 'file'));
    if (place === 'several')
      throw table.error(row.line, `'${cell(row, 'file')}' may be several images`, 'Write more of the path.');
    if (place !== undefined) rows[place]?.push(row);
  }
  return rows;
}

function boxOf(row: Row, table: Table): LabelledBox {
  const edge = (name: string): number => {
    const text = cell(row, name);
    const value = Number(text);
    if (!Number.isFinite(value)) throw table.error(row.line, `'${name}' is '${text}', and no number`);
    return value;
  };
  const box = { left: edge('left'), top: edge('top'), right: edge('right'), bottom: edge('bottom') };
  if (!(box.left < box.right && box.top < box.bottom))
    throw table.error(row.line, 'the box is empty', 'Left is less than right, and top less than bottom.');
  const crowd = cell(row, 'crowd');
  if (!['', '0', '1'].includes(crowd)) throw table.error(row.line, `'crowd' is '${crowd}', and not 0 or 1`);
  return { label: cell(row, 'label'), ...box, ...(crowd === '1' ? { crowd: true } : {}) };
}

function cell({ cells }: Row, column: string): string {
  return cells.get(column) ?? '';
}

function unlabelled(image: string, table: Table): OctetError {
  const [first] = table.rows;
  const example = first === undefined ? '' : ` Its first line names '${cell(first, 'file')}'.`;
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `'${table.name}' has no line for image '${image}'.${example}`,
    hint: 'Files are named by their path among the images, or the end of it.',
  });
}
