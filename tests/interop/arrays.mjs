// Reads files of NumPy as the command line does and prints what became of them.
// Each case is {files, inputs: [{name, dtype, shape}], normalization}; the result {samples, said} or {error}.
import { readFileSync } from 'node:fs';
import { samplesFromArrays } from '../../bindings/cli/dist/numpy/samples.js';

const encoded = ({ data, shape }) => ({
  kind: data.constructor.name,
  shape,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
});

const results = [];
for (const { files, inputs, normalization } of JSON.parse(readFileSync(0, 'utf8'))) {
  const said = [];
  const options = { normalization, onAssumption: (sentence) => said.push(sentence) };
  try {
    const samples = await samplesFromArrays(files, inputs, options);
    const tensors = (sample) => Object.entries(sample).map(([name, tensor]) => [name, encoded(tensor)]);
    results.push({ samples: samples.map((sample) => Object.fromEntries(tensors(sample))), said });
  } catch (error) {
    results.push({ error: error.message });
  }
}
process.stdout.write(JSON.stringify(results));
