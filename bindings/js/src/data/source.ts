// Where the bytes of a file come from.

import { platform } from '#platform';

/** The bytes behind bytes, a blob, a path (Node) or a URL. What the caller may still change is copied. */
export async function readSource(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
): Promise<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return platform.read(source);
  const bytes = ArrayBuffer.isView(source)
    ? source
    : new Uint8Array(source instanceof Blob ? await source.arrayBuffer() : source);
  const own = platform.fileMemory(bytes.length);
  own.set(bytes);
  return own;
}
