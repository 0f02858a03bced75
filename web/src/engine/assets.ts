// Files that come with the page: from beside it, or, in the single-file build, from inside it.

import { embedded } from 'virtual:embedded';

export async function readAsset(path: string): Promise<Uint8Array> {
  const inside = embedded[path];
  if (inside !== undefined) return fromBase64(inside);
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path} is missing beside this page (HTTP ${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
