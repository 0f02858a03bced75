// NumPy's .npy files as tensors.

import { readFile, writeFile } from 'node:fs/promises';
import { dump, parse } from 'npyjs';
import { OctetError, type Tensor, type TypedArray } from 'octet-quant';

export async function readNpy(path: string): Promise<Tensor> {
  const file = await readFile(path);
  try {
    const { data, shape, fortranOrder } = parse(Uint8Array.from(file).buffer);
    if (fortranOrder) throw new Error('its elements are in Fortran order; save numpy.ascontiguousarray(x)');
    return { data: data as TypedArray, shape };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `'${path}' cannot be read as a NumPy array: ${reason}.`,
    });
  }
}

export async function writeNpy(path: string, { data, shape }: Tensor): Promise<void> {
  await writeFile(path, new Uint8Array(dump(data, [...shape])));
}

/** The samples of an array that holds several, each of `shape`; one alone is taken as it is. */
export function rowsOf(tensor: Tensor, shape: readonly number[]): Tensor[] {
  if (tensor.shape.join() === shape.join()) return [tensor];
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const rows = tensor.data.length / elements;
  if (!Number.isInteger(rows)) return [tensor];
  return Array.from({ length: rows }, (_, row) => ({
    data: tensor.data.slice(row * elements, (row + 1) * elements),
    shape,
  }));
}
