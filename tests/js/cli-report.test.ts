// octet report: one file about a model.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calibration, inFolder, octet, quantizeFashion, run, runJson, tflite } from './support/cli.js';
import { FASHION, FASHION_MODEL } from './support/fashion.js';

beforeAll(quantizeFashion);

describe('report', () => {
  test('writes HTML and JSON of a .octet file, with the accuracy where there are labels', () => {
    const files = ['--output', inFolder('r.html'), '--output', inFolder('r.json')];
    const args = ['--data', calibration, '--classes', join(FASHION, 'labels.json'), '--title', 'A title'];
    const result = runJson('report', octet, ...args, ...files);
    const report = JSON.parse(readFileSync(inFolder('r.json'), 'utf8'));
    expect(report.accuracy).toEqual(result.accuracy);
    expect(report.accuracy).toMatchObject([{ statistic: 'top1', samples: 200 }]);
    expect(report.provenance).toMatchObject({ modelFile: 'out.octet', comparedSamples: 200 });
    expect(readFileSync(inFolder('r.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<h1>A title<\/h1>/);
    runJson('report', octet, ...args, '--output', inFolder('again.html'), '--workers', '1');
    expect(readFileSync(inFolder('again.html'), 'utf8')).toBe(readFileSync(inFolder('r.html'), 'utf8'));
  });

  test('is written by quantize as well', () => {
    const args = ['--calibration', inFolder('samples.npy'), '--output', inFolder('q.octet')];
    runJson('quantize', FASHION_MODEL, ...args, '--report', inFolder('q.html'));
    const html = readFileSync(inFolder('q.html'), 'utf8');
    expect(html).toMatch(/<h1>fashion\.tflite<\/h1>[\s\S]*8 samples to compare on/);
  });

  test('has the curve of mixed precision where the float file is given', () => {
    const args = ['--data', inFolder('samples.npy'), '--output', inFolder('curve.json')];
    runJson('report', octet, ...args, '--curve', FASHION_MODEL);
    const { mixedPrecision } = JSON.parse(readFileSync(inFolder('curve.json'), 'utf8'));
    expect(mixedPrecision[0].share).toBe(0);
    const [all] = mixedPrecision.slice(-1);
    expect(all.share).toBeCloseTo(1, 6);
    expect(Object.values(all.gain)[0]).toBeGreaterThan(1);
  });

  test('takes quantized .tflite files and arrays', () => {
    const args = ['--data', inFolder('samples.npy'), '--output', inFolder('t.json'), '--date'];
    expect(run('report', tflite, ...args).stdout).toMatch(/^Wrote .*t\.json \([\d,]+ bytes\)/);
    const report = JSON.parse(readFileSync(inFolder('t.json'), 'utf8'));
    expect(report).toMatchObject({ accuracy: [], target: 'tflite' });
    expect(report.provenance.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(run('report', FASHION_MODEL, ...args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not quantized/),
    });
    expect(run('report', octet, ...args, '--output', 'r.pdf')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/\.html or \.json file, not 'r\.pdf'/),
    });
  });
});
