// imageDataset: images in files, folders and zips as samples. Files are decoded by workers, one by one, when needed.

import { unzipSync } from 'fflate';
import { platform } from '#platform';
import type { FoundFile } from '../main/platform/platform.js';
import { leastBusyWorker } from '../main/pool.js';
import type {
  ImageDataset,
  ImageDatasetOptions,
  ImageItem,
  ImageSource,
  Preprocessing,
  RawImage,
  Sample,
  TensorInfo,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import {
  type ArtifactHolder,
  type EncodedInput,
  type EncodedSample,
  holdsArtifact,
  type ImageFile,
} from '../wire/protocol.js';

const IMAGE = /\.(png|jpe?g|webp)$/i;
const ZIP = /\.zip$/i;
/** Unpacked bytes of one zip: beyond it, a small file would fill the memory. */
const MOST_ZIP_BYTES = 2 ** 31;

interface ImageEntry extends ImageItem {
  readonly file: ImageFile;
}

/**
 * Images as samples for the one input of a model, or the one named. `sources` are image files, folders (Node), or zips;
 * images of folders and zips are sorted by path, and labelled with the name of the folder that they lie in.
 */
export async function imageDataset(
  sources: ImageSource | Iterable<ImageSource>,
  preprocessing: Preprocessing,
  options: ImageDatasetOptions,
): Promise<ImageDataset> {
  const { net, inputName = net.inputs[0]?.name } = options;
  if (!holdsArtifact(net)) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: 'imageDataset needs the net that the images are for.',
    });
  }
  const input = net.inputs.find(({ name }) => name === inputName);
  if (input === undefined) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `The model has no input '${inputName}'.`,
      hint: `Its inputs are ${net.inputs.map(({ name }) => `'${name}'`).join(', ')}.`,
    });
  }
  const list = isOneSource(sources) ? [sources] : [...sources];
  const entries = (await Promise.all(list.map(entriesOf))).flat();
  if (entries.length === 0) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: 'There are no images among the files given.',
      hint: 'Images end in .png, .jpg, .jpeg or .webp; folders and .zip files are searched for them.',
    });
  }
  return new EncodedDataset(net, input, preprocessing, entries);
}

/** A dataset whose images are sent to workers as files. */
export class EncodedDataset implements ImageDataset {
  readonly items: readonly ImageItem[];
  readonly preprocessing: Preprocessing;
  /** Of the input that the images are for. */
  readonly inputShape: readonly number[];
  readonly #net: ArtifactHolder;
  readonly #inputName: string;
  readonly #entries: readonly ImageEntry[];
  readonly #preprocessingJson: string;

  constructor(
    net: ArtifactHolder,
    input: Pick<TensorInfo, 'name' | 'shape'>,
    preprocessing: Preprocessing,
    entries: readonly ImageEntry[],
  ) {
    this.#net = net;
    this.#inputName = input.name;
    this.inputShape = input.shape;
    this.#entries = entries;
    this.preprocessing = preprocessing;
    this.#preprocessingJson = JSON.stringify(preprocessing);
    this.items = entries.map(({ name, label }) => ({ name, label }));
  }

  get length(): number {
    return this.#entries.length;
  }

  async pixels(index: number): Promise<RawImage> {
    const { file, name } = this.#entry(index);
    return leastBusyWorker().call((api) => api.decode(file, name));
  }

  async sample(index: number): Promise<Sample> {
    const input = this.#encodedInput(this.#entry(index));
    const { artifact } = this.#net;
    const tensor = await leastBusyWorker().callWith(artifact, (api) =>
      api.inputTensor(artifact.id, this.#inputName, input),
    );
    return { [this.#inputName]: tensor };
  }

  select(indices: Iterable<number>): ImageDataset {
    const entries = Array.from(indices, (index) => this.#entry(index));
    const input = { name: this.#inputName, shape: this.inputShape };
    return new EncodedDataset(this.#net, input, this.preprocessing, entries);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample> {
    for (let index = 0; index < this.length; index += 1) yield await this.sample(index);
  }

  /** The images as they are sent to workers. */
  *encoded(): Generator<EncodedSample> {
    for (const [index, entry] of this.#entries.entries())
      yield { inputs: { [this.#inputName]: this.#encodedInput(entry) }, index };
  }

  item(index: number): ImageItem {
    return this.#entry(index);
  }

  #entry(index: number): ImageEntry {
    const entry = this.#entries[index];
    if (entry === undefined) {
      const message = `There is no image ${index}; the dataset has ${this.length}.`;
      throw new OctetError({ code: 'INVALID_INPUT', message });
    }
    return entry;
  }

  #encodedInput({ file, name }: ImageEntry): EncodedInput {
    return { kind: 'image', file, name, preprocessing: this.#preprocessingJson };
  }
}

function isOneSource(sources: ImageSource | Iterable<ImageSource>): sources is ImageSource {
  return typeof sources === 'string' || !(Symbol.iterator in sources);
}

async function entriesOf(source: ImageSource): Promise<ImageEntry[]> {
  if (typeof source === 'string' || source instanceof URL) return entriesOfPath(source);
  if (!(source instanceof Blob)) return entriesOfFile(source.name, source.data);
  const name = 'name' in source && typeof source.name === 'string' ? source.name : '';
  const path = 'webkitRelativePath' in source && source.webkitRelativePath ? source.webkitRelativePath : name;
  return entriesOfFile(String(path), source);
}

async function entriesOfPath(source: string | URL): Promise<ImageEntry[]> {
  const path = String(source);
  const files = await platform.listFolder(source);
  if (files !== undefined) return imagesIn(files);
  if (ZIP.test(path)) return imagesIn(unzipped(await platform.read(source), path));
  return [{ name: path, label: '', file: await platform.imageFile(source) }];
}

async function entriesOfFile(path: string, data: Uint8Array | Blob): Promise<ImageEntry[]> {
  // Looking into each of a thousand blobs would hold up the page: zips are looked for only under other names.
  if (IMAGE.test(path)) return [{ name: path, label: folderOf(path), file: data }];
  const head = data instanceof Blob ? new Uint8Array(await data.slice(0, 4).arrayBuffer()) : data;
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) {
    const bytes = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;
    return imagesIn(unzipped(bytes, path));
  }
  return [{ name: path, label: folderOf(path), file: data }];
}

/** The images among the files, by path. */
function imagesIn(files: readonly FoundFile[]): ImageEntry[] {
  return files
    .filter(
      ({ path }) =>
        IMAGE.test(path) && !path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX'),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, file }) => ({ name: path, label: folderOf(path), file }));
}

function folderOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

function unzipped(bytes: Uint8Array, name: string): FoundFile[] {
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: path, originalSize }) => {
        if (!IMAGE.test(path)) return false;
        total += originalSize;
        if (total > MOST_ZIP_BYTES) throw new Error('its images take more than 2 GB');
        return true;
      },
    });
    return Object.entries(files).map(([path, file]) => ({ path, file }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OctetError({ code: 'INVALID_INPUT', message: `Zip file '${name}' cannot be read: ${reason}.` });
  }
}
