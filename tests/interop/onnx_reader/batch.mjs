// Runs many float models in one process and writes what each gave. A model that cannot be loaded or run has an error.
// usage: node batch.mjs JOBS.json INPUTS.bin RESULTS.json OUTPUTS.bin
// Jobs:    [{name, model: path, inputs: {tensor name: {dtype, shape, offset, bytes}}}], shapes and elements in the order of
//          axes that the file has.
// Results: [{name, transposes, outputs: [{name, dtype, shape, axes, offset, bytes}]}] or [{name, error}], axis i of an
//          output being axis axes[i] of the file's.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadModel } from '../../../bindings/js/dist/index.js';

const LONGEST_MILLISECONDS = 120_000; // For one model; most take a few.

const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

/** Elements in row-major order with their axes moved: axis i of the result is axis axes[i] of the given. */
function transposed(data, shape, axes) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = new data.constructor(data.length);
  const extents = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => strides[axis]);
  const position = extents.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += 1) {
    result[to] = data[from];
    for (let axis = extents.length - 1; axis >= 0; axis -= 1) {
      position[axis] += 1;
      from += steps[axis];
      if (position[axis] < extents[axis]) break;
      from -= steps[axis] * extents[axis];
      position[axis] = 0;
    }
  }
  return result;
}

function arrayOf({ dtype, offset, bytes }, file) {
  const part = Uint8Array.from(file.subarray(offset, offset + bytes));
  return new ARRAYS[dtype](part.buffer);
}

async function work({ name, model, inputs }, file, write) {
  const signal = AbortSignal.timeout(LONGEST_MILLISECONDS);
  const shapes = Object.entries(inputs).map(([input, { shape }]) => [input, shape]);
  const net = await loadModel(model, { inputShapes: Object.fromEntries(shapes), signal });
  try {
    const sample = {};
    for (const { name: input, shape, fileAxes } of net.inputs) {
      const data = arrayOf(inputs[input], file);
      const stored = fileAxes === undefined ? data : transposed(data, inputs[input].shape, fileAxes);
      sample[input] = { data: stored, shape };
    }
    const results = await net.execute(sample, { signal });
    const outputs = net.outputs.map(({ name: output, fileAxes }) => {
      const { data, dtype, shape } = results[output];
      const axes = fileAxes ?? shape.map((_, axis) => axis);
      return { name: output, dtype, shape, axes, ...write(data) };
    });
    const transposes = net.nodes.filter(({ operator }) => operator === 'TRANSPOSE').length;
    return { name, transposes, outputs };
  } finally {
    net.dispose();
  }
}

const [jobsPath, inputsPath, resultsPath, outputsPath] = process.argv.slice(2);
const file = readFileSync(inputsPath);
const written = [];
let length = 0;
const write = (data) => {
  const bytes = Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  written.push(bytes);
  length += bytes.length;
  return { offset: length - bytes.length, bytes: bytes.length };
};
const results = [];
for (const job of JSON.parse(readFileSync(jobsPath, 'utf8'))) {
  try {
    results.push(await work(job, file, write));
  } catch (error) {
    results.push({ name: job.name, error: `${error.code ?? error.name}: ${error.message}` });
  }
}
writeFileSync(outputsPath, Buffer.concat(written));
writeFileSync(resultsPath, JSON.stringify(results));
