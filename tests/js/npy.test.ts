// NumPy's arrays as samples: the format, which shapes fit an input, and how values become the input's.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { type DType, OctetError, type Sample, type TensorInfo } from 'octet-quant';
import { type NumpyArray, parseNpy, writeNpy } from '../../bindings/cli/dist/numpy/npy.js';
import { samplesFromArrays } from '../../bindings/cli/dist/numpy/samples.js';
import { readingOf } from '../../bindings/cli/dist/numpy/shapes.js';
import { normalize, valuesFor } from '../../bindings/cli/dist/numpy/values.js';
import { rejection } from './support/fashion.js';

const folder = mkdtempSync(join(tmpdir(), 'octet-npy-'));
const inFolder = (name: string) => join(folder, name);

/** A file with any header, right or wrong. */
function npy(header: string, elements: ArrayBufferView | number[], version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  const data = Array.isArray(elements)
    ? Buffer.from(elements)
    : Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
  const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  return new Uint8Array(Buffer.concat([magic, length, text, data]));
}

const header = (descr: string, shape: string, fortran = false): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;

function refusal(call: () => unknown): OctetError {
  try {
    call();
  } catch (error) {
    if (error instanceof OctetError) return error;
    throw error;
  }
  throw new Error('The call was expected to fail.');
}

const input = (shape: readonly number[], dtype: DType = 'float32', name = 'image'): TensorInfo => ({
  name,
  dtype,
  shape,
  constant: false,
});

describe('the format', () => {
  test.each<[string, string, number[], NumpyArray['dtype'], (number | bigint)[]]>([
    ['bool', '|b1', [0, 1, 7, 0], 'bool', [0, 1, 1, 0]],
    ['int8', '|i1', [1, 255, 128, 127], 'int8', [1, -1, -128, 127]],
    ['uint8', '|u1', [1, 255, 128, 127], 'uint8', [1, 255, 128, 127]],
    ['int16', '<i2', [1, 0, 255, 255, 0, 128, 2, 1], 'int16', [1, -1, -32768, 258]],
    ['big-endian int16', '>i2', [0, 1, 255, 255, 128, 0, 1, 2], 'int16', [1, -1, -32768, 258]],
    ['big-endian uint16', '>u2', [0, 1, 255, 255, 128, 0, 1, 2], 'uint16', [1, 65535, 32768, 258]],
    ['big-endian float32', '>f4', [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], 'float32', [1, -2]],
    [
      'big-endian float64',
      '>f8',
      [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
      'float64',
      [1, -2],
    ],
    ['big-endian int64', '>i8', [0, 0, 0, 0, 0, 0, 1, 2, ...Array(8).fill(255)], 'int64', [258n, -1n]],
    ['big-endian float16, as bits', '>f2', [0x3c, 0, 0xc0, 0], 'float16', [0x3c00, 0xc000]],
    ['native order', '=i2', [1, 0, 2, 0], 'int16', [1, 2]],
  ])('%s', (_, descr, bytes, dtype, values) => {
    const array = parseNpy(npy(header(descr, `(${values.length},)`), bytes), 'x.npy');
    expect({ ...array, data: Array.from<number | bigint>(array.data) }).toEqual({
      dtype,
      shape: [values.length],
      data: values,
    });
  });

  test('Fortran order, of three axes', () => {
    // Element [i, j, k] is 100 i + 10 j + k; the first axis changes fastest.
    const elements = new Float32Array(24);
    for (let k = 0; k < 4; k += 1)
      for (let j = 0; j < 3; j += 1)
        for (let i = 0; i < 2; i += 1) elements[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
    const { shape, data } = parseNpy(npy(header('<f4', '(2, 3, 4)', true), elements), 'x.npy');
    expect(shape).toEqual([2, 3, 4]);
    expect(Array.from<number | bigint>(data).slice(0, 5)).toEqual([0, 1, 2, 3, 10]);
    expect(Array.from<number | bigint>(data).slice(12, 14)).toEqual([100, 101]);
  });

  test.each([
    ['a scalar', '()', []],
    ['a vector', '(1,)', [1]],
    ['integers of Python 2', '(1L, 1L)', [1, 1]],
    ['no spaces', '(1,1,1)', [1, 1, 1]],
  ])('the shape of %s', (_, shape, extents) => {
    expect(parseNpy(npy(header('<f4', shape), new Float32Array([3])), 'x.npy').shape).toEqual(extents);
  });

  test.each([2, 3])('version %d, with entries in another order', (version) => {
    const text = `{"shape": (2,), "fortran_order": False, "descr": "<f4"}`;
    const { data } = parseNpy(npy(text, new Float32Array([1, 2]), version), 'x.npy');
    expect(Array.from<number | bigint>(data)).toEqual([1, 2]);
  });

  const whole = npy(header('<f4', '(2, 3)'), new Float32Array(6));

  test('cut short anywhere', () => {
    for (let length = 0; length < whole.length; length += 1) {
      const { code, message } = refusal(() => parseNpy(whole.slice(0, length), 'x.npy'));
      expect(code).toBe('INVALID_INPUT');
      expect(message).toMatch(/^'x\.npy' cannot be read as a NumPy array: .*\.$/);
    }
  });

  test('any byte of its beginning changed ends in an array or a refusal', () => {
    for (let at = 0; at < whole.length - 24; at += 1) {
      for (const value of [0, 0x27, 0x28, 0x39, 0xff]) {
        const file = whole.slice();
        file[at] = value;
        try {
          const { data, shape } = parseNpy(file, 'x.npy');
          expect(data.length).toBe(shape.reduce((product, extent) => product * extent, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(OctetError);
        }
      }
    }
  });

  const four = new Float32Array(4);
  test.each<[string, Uint8Array, RegExp]>([
    ['too many elements', npy(header('<f4', '(5,)'), four), /holds 16 bytes.*promises 20/],
    ['too few elements', npy(header('<f4', '(3,)'), four), /holds 16 bytes.*promises 12/],
    [
      'a product beyond 64 bits',
      npy(header('<f4', '(4294967296, 4294967296, 4)'), four),
      /promises 29\d{19}/,
    ],
    [
      'a product that wraps to what is there',
      npy(header('|i1', '(4294967297, 4294967297)'), [1]),
      /holds 1 bytes/,
    ],
    ['an extent beyond 53 bits', npy(header('<f4', '(9007199254740993,)'), four), /beyond all memory/],
    ['a negative extent', npy(header('<f4', '(-4,)'), four), /does not say/],
    ['a number for a shape', npy(header('<f4', '(4)'), four), /does not say/],
    ['no order', npy(`{'descr': '<f4', 'shape': (4,), }`, four), /does not say/],
    ['more behind the dictionary', npy(`${header('<f4', '(4,)')} + 1`, four), /does not say/],
    [
      'a header longer than the file',
      npy(header('<f4', '(4,)'), four).fill(0xff, 8, 9),
      /ends within its header/,
    ],
    ['a very long header', npy(header('<f4', '(4,)').padEnd(20000), four), /header takes 20001 bytes/],
    ['another version', npy(header('<f4', '(4,)'), four, 9), /version 9/],
    ['another format', new Uint8Array(200), /does not begin/],
  ])('%s', (_, file, message) => {
    const error = refusal(() => parseNpy(file, 'x.npy'));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('INVALID_INPUT');
  });

  test.each([
    ['<c8', 'complex64'],
    ['<c16', 'complex128'],
    ['<f16', 'longdouble'],
    ['|O', 'object'],
    ['|S5', 'bytes'],
    ['<U5', 'str'],
    ['<M8[ns]', 'datetime64'],
    ['<m8[s]', 'timedelta64'],
    ['|V2', 'void'],
    ['|q9', "'q9'"],
    ['constructor', "'constructor'"],
  ])('the dtype %s is refused as %s', (descr, name) => {
    const error = refusal(() => parseNpy(npy(header(descr, '(1,)'), four), 'x.npy'));
    expect(error.message).toContain(`'x.npy' has the dtype ${name}, `);
    expect(error.hint).toMatch(/numpy\.float32/);
  });

  test('a structured dtype is refused', () => {
    const text = `{'descr': [('a', '<f4', (2, 2)), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }`;
    expect(refusal(() => parseNpy(npy(text, four), 'x.npy')).message).toContain('dtype structured');
  });

  test.each<[DType, NumpyArray['dtype'], Sample[string]['data']]>([
    ['float32', 'float32', Float32Array.of(1, -2.5)],
    ['float16', 'float16', Uint16Array.of(0x3c00, 0xc000)],
    ['bfloat16', 'uint16', Uint16Array.of(0x3f80, 0xc000)],
    ['int8', 'int8', Int8Array.of(-128, 127)],
    ['uint8', 'uint8', Uint8Array.of(0, 255)],
    ['bool', 'bool', Uint8Array.of(0, 1)],
    ['int16', 'int16', Int16Array.of(-32768, 32767)],
    ['int32', 'int32', Int32Array.of(-1, 2 ** 31 - 1)],
    ['int64', 'int64', BigInt64Array.of(-1n, 2n ** 62n)],
  ])('%s is written and read back', async (dtype, read, data) => {
    const path = inFolder(`${dtype}.npy`);
    await writeNpy(path, { dtype, data, shape: [2] });
    const bytes = readFileSync(path);
    expect((bytes.length - data.byteLength) % 64).toBe(0);
    expect(parseNpy(bytes, path)).toEqual({ dtype: read, shape: [2], data });
  });
});

describe('shapes', () => {
  const image = [1, 32, 30, 3];
  test.each<[string, number[], number[], number]>([
    ['one', [1, 32, 30, 3], image, 1],
    ['one without the batch', [32, 30, 3], image, 1],
    ['several', [7, 32, 30, 3], image, 7],
    ['several, each with its batch', [7, 1, 32, 30, 3], image, 7],
    ['vectors', [5, 10], [1, 10], 5],
    ['a vector without the batch', [10], [1, 10], 1],
    ['vectors for an input without a batch', [5, 10], [10], 5],
    ['one for a batch of four', [4, 32, 30, 3], [4, 32, 30, 3], 1],
    ['several batches of four', [6, 4, 32, 30, 3], [4, 32, 30, 3], 6],
    ['scalars', [5], [], 5],
    ['a scalar', [], [1], 1],
  ])('%s', (_, shape, wanted, samples) => {
    expect(readingOf(shape, input(wanted), 'x.npy')).toEqual({ samples });
  });

  test.each<[string, number[], number[]]>([
    ['other extents', [8, 16, 16, 3], [1, 32, 32, 3]],
    ['the same count in another order', [1, 30, 32, 3], image],
    ['flattened', [2, 32 * 30 * 3], image],
    ['flat', [2880], image],
    ['width before height, channels first', [2, 3, 30, 32], image],
    ['twice as long', [20], [10]],
    ['no whole batch', [6, 32, 30, 3], [4, 32, 30, 3]],
    ['no batch of four', [32, 30, 3], [4, 32, 30, 3]],
    ['channels last for channels first', [2, 32, 30, 3], [1, 3, 32, 30]],
    ['a scalar', [], image],
    ['no sample', [0, 32, 30, 3], image],
    ['no sample, channels first', [0, 3, 32, 30], image],
    ['no elements', [2, 0, 30, 3], image],
  ])('%s do not fit', (_, shape, wanted) => {
    const error = refusal(() => readingOf(shape, input(wanted), 'x.npy'));
    expect(error.code).toBe('INVALID_SHAPE');
    expect(error.message).toContain(`'x.npy' has shape ${shape.join('x') || 'scalar'}, and input 'image'`);
    expect(error.message).toContain(` ${wanted.join('x')}: `);
    expect(error.hint).not.toBe('');
  });

  test.each<[number[], number, number[]]>([
    [[2, 3, 32, 30], 2, [0, 2, 3, 1]],
    [[3, 32, 30], 1, [1, 2, 0]],
    [[1, 3, 32, 30], 1, [0, 2, 3, 1]],
    [[5, 1, 3, 32, 30], 5, [0, 1, 3, 4, 2]],
  ])('%j is NCHW, which is said', (shape, samples, axes) => {
    const reading = readingOf(shape, input(image), 'x.npy');
    expect(reading).toEqual({ samples, axes, assumption: expect.stringMatching(/NCHW, and transposed/) });
    expect(reading.assumption).toContain(`shape ${shape.join('x')}, and input 'image' 1x32x30x3`);
  });

  test('both layouts fit: nothing is transposed, which is said', () => {
    for (const shape of [
      [3, 3, 3],
      [1, 3, 3, 3],
      [9, 3, 3, 3],
    ]) {
      const { axes, assumption } = readingOf(shape, input([1, 3, 3, 3]), 'x.npy');
      expect(axes).toBeUndefined();
      expect(assumption).toMatch(/taken as NHWC, though NCHW fits as well/);
    }
    expect(readingOf([1, 1, 1, 1], input([1, 1, 1, 1]), 'x.npy')).toEqual({ samples: 1 });
  });

  test('what is assumed of batches and of axes of extent 1 is said', () => {
    expect(readingOf([8, 16, 16, 3], input([4, 16, 16, 3]), 'x.npy')).toEqual({
      samples: 2,
      assumption: expect.stringMatching(/8x16x16x3.*4x16x16x3: it is taken as 2 samples/),
    });
    expect(readingOf([60, 28, 28], input([1, 28, 28, 1]), 'x.npy')).toEqual({
      samples: 60,
      assumption: expect.stringMatching(/60 of the input's, which differ in axes of extent 1/),
    });
    expect(readingOf([60, 28, 28, 1], input([1, 28, 28]), 'x.npy').samples).toBe(60);
  });
});

describe('values', () => {
  const converted = (
    dtype: NumpyArray['dtype'],
    data: NumpyArray['data'],
    to: Partial<TensorInfo> & { dtype: DType },
  ) =>
    valuesFor({
      array: { dtype, shape: [1, data.length], data },
      input: { ...input([1, data.length]), ...to },
      name: 'x.npy',
    });

  test.each<[NumpyArray['dtype'], NumpyArray['data'], number[]]>([
    ['float64', Float64Array.of(0.1, -1e-46, 3.4028235e38), [Math.fround(0.1), -0, 3.4028234663852886e38]],
    ['float16', Uint16Array.of(0x3c00, 0xc000, 0x0001), [1, -2, 2 ** -24]],
    ['bool', Uint8Array.of(0, 1), [0, 1]],
    ['uint16', Uint16Array.of(0, 65535), [0, 65535]],
    ['int32', Int32Array.of(2 ** 24 + 1, -(2 ** 31)), [2 ** 24, -(2 ** 31)]],
    ['int64', BigInt64Array.of(2n ** 53n + 1n, -(2n ** 63n)), [2 ** 53, -(2 ** 63)]],
    // Just above and below the middle between two float32s: rounded to a number first, both would be ties.
    ['int64', BigInt64Array.of(2n ** 62n + 2n ** 38n + 1n), [2 ** 62 + 2 ** 39]],
    ['int64', BigInt64Array.of(2n ** 62n + 3n * 2n ** 38n - 1n), [2 ** 62 + 2 ** 39]],
    ['int64', BigInt64Array.of(-(2n ** 62n) - 2n ** 38n - 1n), [-(2 ** 62) - 2 ** 39]],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n, 2n ** 62n + 2n ** 38n), [2 ** 64, 2 ** 62]],
  ])('%s becomes float32, rounded once', (dtype, data, values) => {
    expect(Array.from<number | bigint>(converted(dtype, data, { dtype: 'float32' }))).toEqual(values);
  });

  test.each<[string, NumpyArray['dtype'], NumpyArray['data'], RegExp]>([
    ['infinity', 'float32', Float32Array.of(0, -Infinity), /^'x\.npy'\[0, 1\] is -inf\.$/],
    ['nan', 'float64', Float64Array.of(0, 0, Number.NaN), /^'x\.npy'\[0, 2\] is nan\.$/],
    ['nan in halves', 'float16', Uint16Array.of(0x7e00), /^'x\.npy'\[0, 0\] is nan\.$/],
    [
      'what float32 cannot hold',
      'float64',
      Float64Array.of(0, 1e39),
      /'\[0, 1\] is 1e\+39, beyond the range of float32\.$/,
    ],
  ])('%s is refused with its place', (_, dtype, data, message) => {
    const error = refusal(() => converted(dtype, data, { dtype: 'float32' }));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('INVALID_INPUT');
  });

  test.each<[DType, NumpyArray['dtype'], NumpyArray['data'], Sample[string]['data']]>([
    ['int32', 'int64', BigInt64Array.of(-5n, 2n ** 31n - 1n), Int32Array.of(-5, 2 ** 31 - 1)],
    ['int32', 'float64', Float64Array.of(3, -4), Int32Array.of(3, -4)],
    ['int64', 'uint8', Uint8Array.of(3, 255), BigInt64Array.of(3n, 255n)],
    ['int64', 'float16', Uint16Array.of(0x3c00), BigInt64Array.of(1n)],
    ['int64', 'int64', BigInt64Array.of(2n ** 53n + 1n), BigInt64Array.of(2n ** 53n + 1n)],
    ['uint8', 'int64', BigInt64Array.of(0n, 255n), Uint8Array.of(0, 255)],
    ['bool', 'int64', BigInt64Array.of(0n, 1n), Uint8Array.of(0, 1)],
    ['float16', 'float16', Uint16Array.of(0x3c00), Uint16Array.of(0x3c00)],
  ])('%s takes whole numbers of %s', (to, dtype, data, values) => {
    expect(converted(dtype, data, { dtype: to })).toEqual(values);
  });

  test.each<[DType, NumpyArray['dtype'], NumpyArray['data'], string]>([
    ['int32', 'int64', BigInt64Array.of(0n, 2n ** 31n), '[0, 1] is 2147483648'],
    ['int32', 'float64', Float64Array.of(0.5), '[0, 0] is 0.5'],
    ['int64', 'uint64', BigUint64Array.of(2n ** 63n), '[0, 0] is 9223372036854775808'],
    ['int64', 'float64', Float64Array.of(2 ** 63), `[0, 0] is ${2 ** 63}`],
    ['uint8', 'int8', Int8Array.of(1, -1), '[0, 1] is -1'],
    ['bool', 'uint8', Uint8Array.of(1, 2), '[0, 1] is 2'],
    ['int8', 'float32', Float32Array.of(Number.NaN), '[0, 0] is nan'],
  ])('%s does not take all of %s', (to, dtype, data, place) => {
    const error = refusal(() => converted(dtype, data, { dtype: to }));
    expect(error.message).toBe(`'x.npy'${place}, and input 'image' takes ${to}.`);
    expect(error.hint).toMatch(/whole numbers from -?\d+ to \d+/);
  });

  test('integers that stand for reals are taken in their own type only', () => {
    const quantization = { scale: [0.5], zeroPoint: [-3], axis: 0 };
    const own = Int8Array.of(-128, 127);
    expect(converted('int8', own, { dtype: 'int8', quantization })).toEqual(own);
    for (const [dtype, data] of [
      ['uint8', Uint8Array.of(1)],
      ['float32', Float32Array.of(1)],
    ] as const) {
      const error = refusal(() => converted(dtype, data, { dtype: 'int8', quantization }));
      expect(error.message).toBe(`'x.npy' is ${dtype}, and input 'image' takes int8.`);
      expect(error.hint).toContain('0.5 * (q - -3)');
    }
  });

  test('mean and std are those of images, one or one a channel', () => {
    const values = Float32Array.of(10, 20, 30, 40, 50, 60);
    normalize(values, input([1, 1, 2, 3]), { mean: [1, 2, 3], std: [3, 7, 11] });
    expect(values).toEqual(Float32Array.of(9 / 3, 18 / 7, 27 / 11, 39 / 3, 48 / 7, 57 / 11));
    normalize(values, input([1, 1, 2, 3]), { mean: [0], std: [0.5] });
    expect(values[0]).toBe(6);
  });

  test.each<[string, TensorInfo, Sample[string]['data'], number[], number[], RegExp]>([
    ['two means', input([1, 2, 3]), new Float32Array(6), [1, 2], [1], /--mean has 2 values.*has 3/],
    ['no deviation', input([1, 2, 3]), new Float32Array(6), [1], [1, 0, 1], /--std must be above zero/],
    ['a negative one', input([1, 2, 3]), new Float32Array(6), [1], [-1], /--std must be above zero/],
    ['an infinite mean', input([1, 2, 3]), new Float32Array(6), [1e39], [1], /--mean is not finite/],
    ['integers', input([1, 2], 'int8'), new Int8Array(2), [1], [1], /float32 inputs; 'image' is int8/],
  ])('%s are refused', (_, to, values, mean, std, message) => {
    const error = refusal(() => normalize(values, to, { mean, std }));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('INVALID_CONFIG');
  });
});

describe('samples', () => {
  const said: string[] = [];
  const options = { onAssumption: (sentence: string) => said.push(sentence) };
  const image = input([1, 2, 2, 3]);
  const meta = input([1, 2], 'float32', 'meta');
  const ramp = (count: number) => Float32Array.from({ length: count }, (_, index) => index);
  const file = (name: string, shape: string, data: ArrayBufferView, descr = '<f4') => {
    writeFileSync(inFolder(name), npy(header(descr, shape), data));
    return inFolder(name);
  };
  const zip = (name: string, arrays: Record<string, Uint8Array>) => {
    writeFileSync(inFolder(name), zipSync(arrays));
    return inFolder(name);
  };
  beforeEach(() => said.splice(0));

  test('are dealt out in the order of files', async () => {
    const files = [file('a.npy', '(2, 2, 2, 3)', ramp(24)), file('b.npy', '(2, 2, 3)', ramp(12))];
    const samples = await samplesFromArrays(files, [image], options);
    expect(samples.map((sample) => sample.image?.data[0])).toEqual([0, 12, 0]);
    expect(samples.map((sample) => sample.image?.shape)).toEqual([image.shape, image.shape, image.shape]);
    expect(said).toEqual([]);
  });

  test('NCHW is transposed, and then normalized by channel', async () => {
    const path = file('nchw.npy', '(1, 3, 2, 2)', ramp(12));
    const normalization = { mean: [0, 0, 0], std: [1, 2, 4] };
    const [sample] = await samplesFromArrays([path], [image], { ...options, normalization });
    // Channel c of pixel p was 4 c + p.
    expect(Array.from<number | bigint>(sample?.image?.data ?? [])).toEqual([
      0, 2, 2, 1, 2.5, 2.25, 2, 3, 2.5, 3, 3.5, 2.75,
    ]);
    expect(said).toEqual([expect.stringMatching(/nchw\.npy' has shape 1x3x2x2.*1x2x2x3.*transposed/)]);
  });

  test('bytes for reals are said to be taken as they are', async () => {
    const path = file('bytes.npy', '(1, 2, 2, 3)', new Uint8Array(12).fill(255), '|u1');
    const [sample] = await samplesFromArrays([path], [image], options);
    expect(sample?.image?.data).toEqual(new Float32Array(12).fill(255));
    expect(said).toEqual([expect.stringMatching(/bytes\.npy' is uint8.*as they are/)]);
  });

  test('several inputs come by name, or from a .npz file', async () => {
    const [images, metas] = [file('i.npy', '(2, 2, 2, 3)', ramp(24)), file('m.npy', '(2, 2)', ramp(4))];
    const named = await samplesFromArrays([`meta=${metas}`, `image=${images}`], [image, meta], options);
    expect(named.map((sample) => [sample.image?.data[0], sample.meta?.data[0]])).toEqual([
      [0, 0],
      [12, 2],
    ]);
    const both = zip('both.npz', { 'meta.npy': readFileSync(metas), 'image.npy': readFileSync(images) });
    expect(await samplesFromArrays([both], [image, meta], options)).toEqual(named);
    const alone = zip('alone.npz', { 'arr_0.npy': readFileSync(images) });
    expect(await samplesFromArrays([alone], [image], options)).toHaveLength(2);
    expect(await samplesFromArrays([`image=${alone}`, `meta=${metas}`], [image, meta], options)).toEqual(
      named,
    );
  });

  test('a name that is no input, arrays that are missing, and zips that lie', async () => {
    const images = file('i.npy', '(2, 2, 2, 3)', ramp(24));
    const fails = async (texts: string[], message: RegExp, inputs = [image, meta]) => {
      const error = await rejection(samplesFromArrays(texts, inputs, options));
      expect(`${error.message} ${error.hint}`).toMatch(message);
    };
    await fails([`picture=${images}`], /input 'picture'.*does not have.*'image', 'meta'/);
    await fails([`image=${images}`], /'image' has 2, 'meta' has 0.*name=file\.npy/);
    await expect(samplesFromArrays([images], [image, meta], options)).rejects.toThrow(/Which input is '/);
    const array = readFileSync(images);
    await fails(
      [zip('other.npz', { 'image.npy': array, 'x.npy': array })],
      /holds an array 'x'.*'image', 'meta'/,
    );
    await fails([zip('none.npz', { 'readme.txt': array })], /zip without \.npy files/);
    await fails(
      [zip('cut.npz', { 'image.npy': array.subarray(0, 100) })],
      /cut\.npz\[image\]' cannot be read/,
      [image],
    );
    await fails([join(folder, 'nowhere.npy')], /nowhere\.npy' cannot be read/, [image]);
    const lie = zipSync({ 'image.npy': array });
    const view = new DataView(lie.buffer, lie.byteOffset, lie.byteLength);
    const central = Buffer.from(lie).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    view.setUint32(central + 24, 0x7fffffff, true); // The size that it claims to unpack to.
    writeFileSync(inFolder('lie.npz'), lie);
    await fails([inFolder('lie.npz')], /claims more than it holds/, [image]);
  });
});
