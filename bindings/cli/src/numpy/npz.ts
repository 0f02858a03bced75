// NumPy's .npz files: zips with a .npy file for each array.

import { unzipSync } from 'fflate';
import { type NumpyArray, parseNpy, unreadable } from './npy.js';

/** No file that deflate has made smaller grows by more than this. */
const MOST_INFLATION = 1032;
const MOST_BYTES = 2 ** 31;

/** Whether the bytes begin as those of a zip do. */
export function isNpz(file: Uint8Array): boolean {
  return file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4;
}

/** The arrays of a file that messages call `name`, in its order. */
export function parseNpz(
  file: Uint8Array,
  name: string,
): readonly { readonly key: string; readonly array: NumpyArray }[] {
  const arrays = Object.entries(unzipped(file, name)).map(([entry, bytes]) => {
    const key = entry.replace(/\.npy$/, '');
    return { key, array: parseNpy(bytes, `${name}[${key}]`) };
  });
  if (arrays.length === 0) throw unreadable(name, 'it is a zip without .npy files');
  return arrays;
}

function unzipped(file: Uint8Array, name: string): Readonly<Record<string, Uint8Array>> {
  let total = 0;
  try {
    return unzipSync(file, {
      filter: ({ name: entry, size, originalSize }) => {
        if (!entry.endsWith('.npy')) return false;
        // Memory is taken for what an entry claims to be.
        total += originalSize;
        if (originalSize > MOST_INFLATION * (size + 1))
          throw new Error(`'${entry}' claims more than it holds`);
        if (total > MOST_BYTES) throw new Error('its arrays take more than 2 GB');
        return true;
      },
    });
  } catch (error) {
    throw unreadable(name, error instanceof Error ? error.message : String(error));
  }
}
