// The octet command as a process, in a folder of the test file's own, beside a quantized fashion net.

import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../../../bindings/cli/dist/numpy/npy.js';
import { FASHION, FASHION_MODEL, ROOT } from '../support/fashion.js';

export const folder = mkdtempSync(join(tmpdir(), 'octet-cli-'));
export const inFolder = (name: string) => join(folder, name);
export const octet = inFolder('out.octet');
export const tflite = inFolder('out.tflite');
export const calibration = join(FASHION, 'calibration.zip');
export const PHOTOS = join(ROOT, 'tests/assets/photos.zip');

export function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'bindings/cli/dist/main.js'), ...args],
    { encoding: 'utf8', cwd: folder, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 },
  );
  return { status, stdout, stderr };
}

export function runJson(...args: string[]) {
  const { status, stdout, stderr } = run(...args, '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Writes samples.npy (8 of them), one.npy, out.octet, out.tflite and report.json. */
export async function quantizeFashion(): Promise<void> {
  const samples = new Float32Array(8 * 784).map((_, index) => ((index * 37) % 256) / 255);
  const dtype = 'float32';
  await writeNpy(inFolder('samples.npy'), { data: samples, shape: [8, 28, 28, 1], dtype });
  await writeNpy(inFolder('one.npy'), { data: samples.slice(0, 784), shape: [1, 28, 28, 1], dtype });
  const args = ['--calibration', inFolder('samples.npy'), '--output', octet, '--output', tflite];
  const { status, stderr } = run('quantize', FASHION_MODEL, ...args, '--report', inFolder('report.json'));
  expect(status).toBe(0);
  expect(stderr).toMatch(/^Note: TFLite has no requantization by shifts \(sima\): [^\n]*\n$/);
}
