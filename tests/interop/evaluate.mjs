// Runs a .tflite or .octet file through the JavaScript API on raw float32 samples, one after another in one file, and
// writes the first output of each, likewise.
// usage: node evaluate.mjs FILE SAMPLES.f32 OUTPUTS.f32
import { readFileSync, writeFileSync } from 'node:fs';
import { loadModel, Model } from '../../bindings/js/dist/index.js';

const [file, samplesPath, outputsPath] = process.argv.slice(2);
const runnable = file.endsWith('.octet') ? await Model.load(file) : await loadModel(file);
const [input] = runnable.inputs;
const [output] = runnable.outputs;
const size = input.shape.reduce((product, extent) => product * extent, 1);
const bytes = readFileSync(samplesPath);
const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const outputs = [];
for (let offset = 0; offset < samples.length; offset += size) {
  const data = samples.slice(offset, offset + size);
  const result = await runnable.execute({ [input.name]: { data, shape: input.shape } });
  outputs.push(...result[output.name].data);
}
writeFileSync(outputsPath, Float32Array.from(outputs));
runnable.dispose();
