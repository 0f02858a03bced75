// Writes what a .octet file holds as a .tflite file.
// usage: node export_octet.mjs MODEL.octet OUT.tflite
import { readFileSync, writeFileSync } from 'node:fs';
import { Model } from '../../bindings/js/dist/index.js';

const [from, to] = process.argv.slice(2);
const model = await Model.load(Uint8Array.from(readFileSync(from)));
writeFileSync(to, await model.toTFLite());
model.dispose();
