// The files beside a model that hold constants of it.

import { platform } from '#platform';
import { FORMAT_BYTES, readSource } from '../data/source.js';
import type { ExternalData } from '../types.js';
import type { ExternalFile } from '../wire/protocol.js';
import { leastBusyWorker } from './pool.js';

function lastPart(path: string): string {
  return path.slice(path.search(/[^/\\]*$/));
}

/**
 * What the model in `bytes` refers to: the given files, by path or else by the last part of it, and those beside its source.
 * One that is not found is left out: the core then says which it misses.
 */
export async function externalFiles(
  source: unknown,
  bytes: Uint8Array,
  given: readonly ExternalData[],
): Promise<ExternalFile[]> {
  const worker = leastBusyWorker();
  const beginning = bytes.slice(0, FORMAT_BYTES);
  if ((await worker.call((api) => api.formatOf(beginning))) !== 'onnx') return [];
  const paths = await worker.call((api) => api.externalFiles(bytes));
  const files = paths.map(async (path): Promise<ExternalFile[]> => {
    const match =
      given.find((each) => each.path === path) ??
      given.find((each) => lastPart(each.path) === lastPart(path));
    if (match !== undefined) return [{ path, contents: await readSource(match.data) }];
    if (typeof source !== 'string' && !(source instanceof URL)) return [];
    const contents = await platform.readBeside(source, path);
    return contents === undefined ? [] : [{ path, contents }];
  });
  return (await Promise.all(files)).flat();
}
