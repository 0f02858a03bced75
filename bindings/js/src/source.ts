// Where the bytes of a file come from.

import { platform } from '#platform';

/** The bytes behind bytes, a blob, a path (Node) or a URL. What the caller may still change is copied. */
export async function readSource(
  source: Uint8Array | ArrayBuffer | Blob | string | URL,
): Promise<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return platform.read(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (ArrayBuffer.isView(source)) return Uint8Array.from(source);
  return new Uint8Array(source.slice(0));
}
