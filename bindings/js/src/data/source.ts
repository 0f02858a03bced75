// Where the bytes of a file come from.

import { platform } from '#platform';

/** Bytes from a file's beginning that tell its format. */
export const FORMAT_BYTES = 4096;

/**
 * The bytes behind bytes, a blob, a path (Node) or a URL, or no more than the first `most` of them. What the caller may still
 * change is copied.
 */
export async function readSource(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
  most?: number,
): Promise<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) {
    const bytes = await platform.read(source, most);
    return most === undefined ? bytes : bytes.slice(0, most);
  }
  const bytes = ArrayBuffer.isView(source)
    ? source.subarray(0, most)
    : new Uint8Array(source instanceof Blob ? await source.slice(0, most).arrayBuffer() : source).subarray(
        0,
        most,
      );
  const own = platform.fileMemory(bytes.length);
  own.set(bytes);
  return own;
}
