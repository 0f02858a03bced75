// NumPy's .npy format: a line of text that says what the elements are, and the elements.

import { readFile, writeFile } from 'node:fs/promises';
import { type DType, OctetError, type OutputTensor, type Tensor } from 'octet-quant';

/** An element type that is read, by NumPy's name. */
export type NumpyType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64';

/** What holds elements; float16 as their bits. */
export type Elements =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array of a file, its elements in C order. */
export interface NumpyArray {
  readonly dtype: NumpyType;
  readonly shape: readonly number[];
  readonly data: Elements;
}

const MAGIC = '\x93NUMPY';
/** As many as NumPy itself reads of a file that it does not trust. */
const MOST_HEADER_BYTES = 10_000;
/** Where the elements begin is a multiple of this, so that they can be mapped into memory. */
const ALIGNMENT = 64;

/** The types that are read, by what a file calls them without the order of their bytes. */
const TYPES: Readonly<
  Record<string, { readonly dtype: NumpyType; readonly holder: new (buffer: ArrayBuffer) => Elements }>
> = {
  b1: { dtype: 'bool', holder: Uint8Array },
  i1: { dtype: 'int8', holder: Int8Array },
  u1: { dtype: 'uint8', holder: Uint8Array },
  i2: { dtype: 'int16', holder: Int16Array },
  u2: { dtype: 'uint16', holder: Uint16Array },
  i4: { dtype: 'int32', holder: Int32Array },
  u4: { dtype: 'uint32', holder: Uint32Array },
  i8: { dtype: 'int64', holder: BigInt64Array },
  u8: { dtype: 'uint64', holder: BigUint64Array },
  f2: { dtype: 'float16', holder: Uint16Array },
  f4: { dtype: 'float32', holder: Float32Array },
  f8: { dtype: 'float64', holder: Float64Array },
};

/** What NumPy calls the kinds of types that no tensor has. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  b: 'boolean',
  i: 'integer',
  u: 'unsigned integer',
  f: 'longdouble',
  O: 'object',
  S: 'bytes',
  a: 'bytes',
  U: 'str',
  M: 'datetime64',
  m: 'timedelta64',
  V: 'void',
};

/** What files call the element types of tensors; NumPy has no bfloat16, whose bits are written. */
const DESCRIPTIONS: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float16: '<f2',
  bfloat16: '<u2',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  int32: '<i4',
  int64: '<i8',
  bool: '|b1',
};

/** Reads a file; it may be of another kind, too. */
export async function readArrayFile(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
}

/** Writes a tensor with its own element type. */
export async function writeNpy(
  path: string,
  { data, shape, dtype }: Tensor & Pick<OutputTensor, 'dtype'>,
): Promise<void> {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${extents}), }`;
  const before = MAGIC.length + 4;
  const end = ALIGNMENT * Math.ceil((before + text.length + 1) / ALIGNMENT);
  const header = Buffer.alloc(before);
  header.write(MAGIC, 'latin1');
  header.writeUInt8(1, MAGIC.length);
  header.writeUInt16LE(end - before, MAGIC.length + 2);
  const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await writeFile(path, Buffer.concat([header, Buffer.from(`${text.padEnd(end - before - 1)}\n`), elements]));
}

/** Whether the bytes begin as a .npy file does. */
export function isNpy(file: Uint8Array): boolean {
  return Buffer.from(file.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** The array of a file that messages call `name`; its sizes are checked against those of the file before they are used. */
export function parseNpy(file: Uint8Array, name: string): NumpyArray {
  const { text, end } = headerOf(file, name);
  const { description, fortranOrder, shape } = parseHeader(text, name);
  const { dtype, holder, bytes, bigEndian } = typeOf(description, name);
  const expected = shape.reduce((product, extent) => product * BigInt(extent), BigInt(bytes));
  if (expected !== BigInt(file.length - end)) {
    const found = `${file.length - end} bytes of elements, its header promises ${expected}`;
    throw unreadable(name, `it holds ${found}`, 'It may have been cut short: save it again.');
  }
  // A copy, which begins at a multiple of the elements' size and may be changed.
  const { buffer } = new Uint8Array(file.subarray(end));
  if (bigEndian) swap(Buffer.from(buffer), bytes);
  const held = new holder(buffer);
  // NumPy takes every byte but 0 for True.
  const data = dtype === 'bool' ? (held as Uint8Array).map(Math.sign) : held;
  if (!fortranOrder) return { dtype, shape, data };
  const reversed = shape.toReversed();
  return { dtype, shape, data: transposed(data, reversed, [...reversed.keys()].reverse()) };
}

/** The elements with the axes in another order: axis i of the result is axis `axes[i]` of what has `shape`. */
export function transposed<T extends Elements>(
  data: T,
  shape: readonly number[],
  axes: readonly number[],
): T {
  const extents = axes.map((axis) => shape[axis] ?? 1);
  const steps = axes.map((axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const result = data.slice() as T;
  const index = extents.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += 1) {
    result[to] = data[from] as number & bigint;
    for (let axis = axes.length - 1; axis >= 0; axis -= 1) {
      const [step = 0, extent = 1, at = 0] = [steps[axis], extents[axis], index[axis]];
      from += step;
      index[axis] = at + 1;
      if (at + 1 < extent) break;
      from -= step * extent;
      index[axis] = 0;
    }
  }
  return result;
}

interface Header {
  readonly description: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The header's text, and where it ends. */
function headerOf(file: Uint8Array, name: string): { readonly text: string; readonly end: number } {
  if (!isNpy(file)) throw unreadable(name, 'it does not begin as a .npy file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = (file[MAGIC.length] ?? 0) > 1;
  const begin = MAGIC.length + 2 + (wide ? 4 : 2);
  if (file.length < begin) throw unreadable(name, 'it ends within its header');
  const version = file[MAGIC.length] ?? 0;
  if (version < 1 || version > 3) throw unreadable(name, `it is of version ${version} of the format`);
  const bytes = wide ? view.getUint32(begin - 4, true) : view.getUint16(begin - 2, true);
  if (bytes > MOST_HEADER_BYTES) throw unreadable(name, `its header takes ${bytes} bytes`);
  const end = begin + bytes;
  if (end > file.length) throw unreadable(name, 'it ends within its header');
  return { text: Buffer.from(file.subarray(begin, end)).toString('latin1'), end };
}

/** An entry of the header, a dictionary as Python writes it: a text, True or False, a tuple of integers, or a list. */
const ENTRY =
  /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(((?:\s*\d+L?\s*,)*(?:\s*\d+L?)?\s*)\)|(\[))\s*(,|(?=\}))/y;

function parseHeader(text: string, name: string): Header {
  const body = /^\s*\{/.exec(text);
  let description: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: readonly number[] | undefined;
  let at = body?.[0].length ?? 0;
  for (;;) {
    // Structured types are lists, whose fields need no reading to be refused.
    if (/^\s*(['"])descr\1\s*:\s*\[/.test(text.slice(at))) throw refusedType('structured', name);
    ENTRY.lastIndex = at;
    const entry = ENTRY.exec(text);
    if (entry === null) break;
    const [, , key, , words, truth, tuple] = entry;
    if (key === 'descr') description = words;
    if (key === 'fortran_order') fortranOrder = truth === undefined ? undefined : truth === 'True';
    if (key === 'shape') shape = tuple === undefined ? undefined : extentsOf(tuple);
    at = ENTRY.lastIndex;
  }
  const whole = body !== null && /^\s*\}\s*$/.test(text.slice(at));
  if (!whole || description === undefined || fortranOrder === undefined || shape === undefined) {
    throw unreadable(name, 'its header does not say descr, fortran_order and shape as NumPy writes them');
  }
  if (!shape.every(Number.isSafeInteger))
    throw unreadable(name, 'its header holds a shape beyond all memory');
  return { description, fortranOrder, shape };
}

/** The integers of a tuple; undefined for one integer in parentheses, which is no tuple. */
function extentsOf(tuple: string): readonly number[] | undefined {
  if (/^\s*\d+L?\s*$/.test(tuple)) return undefined;
  return [...tuple.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

function typeOf(description: string, name: string) {
  const [, order = '', code = ''] = /^([<>=|]?)(.*)$/.exec(description) ?? [];
  const type = Object.hasOwn(TYPES, code) ? TYPES[code] : undefined;
  if (type === undefined) throw refusedType(nameOf(code), name);
  const bytes = Number(code.slice(1));
  return { ...type, bytes, bigEndian: order === '>' };
}

/** NumPy's name of a type that is not read, or the file's where NumPy has none. */
function nameOf(code: string): string {
  const [, kind = '', bytes = ''] = /^([a-zA-Z])(\d*)(\[.*\])?$/.exec(code) ?? [];
  if (kind === 'c') return `complex${8 * Number(bytes)}`;
  return OTHER_TYPES[kind] ?? `'${code}'`;
}

function refusedType(type: string, name: string): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `'${name}' has the dtype ${type}, which no tensor can hold.`,
    hint:
      type === 'structured' || type === 'void'
        ? 'Save one field as an array of its own, x[field].astype(numpy.float32).'
        : type === 'object'
          ? 'Save one array of numbers, numpy.stack(x).astype(numpy.float32).'
          : 'Arrays of bool, integers, float16, float32 and float64 are read: save x.astype(numpy.float32).',
  });
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

export function unreadable(name: string, reason: string, hint = ''): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `'${name}' cannot be read as a NumPy array: ${reason}.`,
    hint,
  });
}
