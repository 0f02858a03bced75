// Runs a .tflite or .octet file through the JavaScript API on raw float32 samples, one after another in one file, and
// writes the outputs of each, in the model's order, likewise.
// usage: node evaluate.mjs FILE SAMPLES.f32 OUTPUTS.f32
import { readFileSync, writeFileSync } from 'node:fs';
import { loadModel, Model } from '../../bindings/js/dist/index.js';

const [file, samplesPath, outputsPath] = process.argv.slice(2);
const runnable = file.endsWith('.octet') ? await Model.load(file) : await loadModel(file);
const [input] = runnable.inputs;
const size = input.shape.reduce((product, extent) => product * extent, 1);
const bytes = readFileSync(samplesPath);
const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const written = [];
for (let offset = 0; offset < samples.length; offset += size) {
  const data = samples.slice(offset, offset + size);
  const results = await runnable.execute({ [input.name]: { data, shape: input.shape } });
  for (const { name } of runnable.outputs) {
    const values = results[name].data;
    written.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }
}
writeFileSync(outputsPath, Buffer.concat(written));
runnable.dispose();
