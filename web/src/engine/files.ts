// What was dropped or chosen, as a flat list of named files: folders are walked, zips unpacked.

import UnzipWorker from './unzip.worker?worker&inline';

export interface NamedFile {
  /** Path within what was dropped. */
  readonly name: string;
  readonly blob: Blob;
}

const IMAGE = /\.(png|jpe?g|webp)$/i;
/** What file systems and archivers leave behind. */
const HIDDEN = /(^|\/)(\.|__MACOSX)/;
const IMAGE_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
};

export const isImageName = (name: string): boolean => IMAGE.test(name) && !HIDDEN.test(name);
export const isZipName = (name: string): boolean => /\.zip$/i.test(name);
export const isSettingsName = (name: string): boolean => /\.json$/i.test(name);
/** What may be a model: its contents tell, not its name. */
export const mayBeModel = (name: string): boolean =>
  !IMAGE.test(name) && !isSettingsName(name) && !HIDDEN.test(name);

/** Name of the folder that a file lies in; empty when there is none. */
export function folderOf(name: string): string {
  return name.split('/').at(-2) ?? '';
}

/** Files out of an <input>, with their paths where a folder was chosen. */
export function chosenFiles(list: FileList): Promise<readonly NamedFile[]> {
  return unpacked([...list].map((file) => ({ name: file.webkitRelativePath || file.name, blob: file })));
}

/** Files out of a drop; must be called before the event ends. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly NamedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files =
    entries.length > 0
      ? (await Promise.all(entries.map(walk))).flat()
      : [...transfer.files].map((file) => ({ name: file.name, blob: file }));
  return unpacked(files);
}

async function walk(entry: FileSystemEntry): Promise<readonly NamedFile[]> {
  const name = entry.fullPath.replace(/^\//, '');
  if (entry instanceof FileSystemFileEntry) {
    return [{ name, blob: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) }];
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  const found: NamedFile[] = [];
  // A reader hands out its entries in batches, and ends with an empty one.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return found;
    for (const inner of batch) found.push(...(await walk(inner)));
  }
}

async function unpacked(files: readonly NamedFile[]): Promise<readonly NamedFile[]> {
  const lists = await Promise.all(files.map((file) => (isZipName(file.name) ? unzip(file) : [file])));
  return lists.flat().map(withType);
}

export function unzip(file: NamedFile): Promise<readonly NamedFile[]> {
  return new Promise((resolve, reject) => {
    const worker = new UnzipWorker();
    worker.onmessage = (
      event: MessageEvent<{ readonly files?: readonly NamedFile[]; readonly error?: string }>,
    ): void => {
      worker.terminate();
      if (event.data.files) resolve(event.data.files.map(withType));
      else reject(new Error(`${file.name} could not be unpacked: ${event.data.error}.`));
    };
    worker.onerror = ({ message }): void => {
      worker.terminate();
      reject(new Error(`${file.name} could not be unpacked: ${message}.`));
    };
    worker.postMessage(file.blob);
  });
}

/** Blobs from zips have no type; images need one to be shown. */
function withType(file: NamedFile): NamedFile {
  const extension = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  const type = IMAGE_TYPES[extension];
  return type === undefined || file.blob.type === type
    ? file
    : { name: file.name, blob: file.blob.slice(0, file.blob.size, type) };
}
