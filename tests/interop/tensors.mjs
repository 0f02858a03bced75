// Tensors as JSON between the tests and Octet: {dtype, shape, data}, data being base64.

const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

export function decode({ dtype, shape, data }) {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return { data: new ARRAYS[dtype](bytes.buffer), shape };
}

export function encode({ dtype, shape, data }) {
  return {
    dtype,
    shape,
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  };
}

export function mapValues(object, convert) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));
}
