// What is taken away is what was shown.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { choose, openSample, PATIENCE, percentages, quantize, showView, summary } from './support/actions.ts';
import { type OpenPage, ROOT, TestBrowser } from './support/browser.ts';

const PYTHON = process.env.OCTET_PYTHON ?? join(ROOT, 'build/venv/bin/python');
const whenJudged = existsSync(PYTHON) ? test : test.skip;
let browser: TestBrowser;
let opened: OpenPage;
beforeAll(async () => {
  browser = await TestBrowser.start();
  opened = await browser.open(browser.siteUrl);
});
afterAll(async () => {
  await opened.close();
  await browser.close();
});

/** Takes something away and returns the path of the file. */
async function takeAway(
  page: Page,
  name: RegExp,
): Promise<{ readonly path: string; readonly fileName: string }> {
  await page.getByRole('button', { name: 'Take away' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.menu-panel').getByRole('button', { name }).click(),
  ]);
  return { path: await download.path(), fileName: download.suggestedFilename() };
}

test('a run for TFLite can be taken away', async () => {
  const { page } = opened;
  await openSample(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: /INT8 for TFLite/ }).check();
  await page.getByText(/of MACs in integers/).waitFor({ timeout: PATIENCE });
  await quantize(page);
  const tflite = await takeAway(page, /^INT8 \.tflite.*float32/);
  expect(tflite.fileName).toBe('fashion_int8.tflite');
  const settings = await takeAway(page, /Settings/);
  expect(JSON.parse(readFileSync(settings.path, 'utf8')).requantization).toBe('tflite');
  const report = readFileSync((await takeAway(page, /Report/)).path, 'utf8');
  expect(report).toContain('fashion.tflite');
  expect(report).not.toMatch(/https?:|<script|src=/);
});

whenJudged("TFLite's reference kernels compute what the page shows", async () => {
  const { page } = opened;
  const { path } = await takeAway(page, /^INT8 \.tflite.*float32/);
  const script = `
import io, sys, zipfile, numpy as np
from PIL import Image
from ai_edge_litert.interpreter import Interpreter, OpResolverType
net = Interpreter(sys.argv[1], experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
net.allocate_tensors()
zip = zipfile.ZipFile(sys.argv[2])
names = [name for name in zip.namelist() if name.endswith('.png')]
classes = sys.argv[3].split(',')
hits = 0
for name in names:
    pixels = np.asarray(Image.open(io.BytesIO(zip.read(name))), np.float32) / np.float32(255)
    net.set_tensor(net.get_input_details()[0]['index'], pixels.reshape(1, 28, 28, 1))
    net.invoke()
    scores = net.get_tensor(net.get_output_details()[0]['index'])[0]
    hits += classes[int(scores.argmax())] == name.split('/')[-2]
print(100 * hits / len(names))
`;
  const samples = join(ROOT, 'web/public/samples/fashion');
  const { classes } = JSON.parse(readFileSync(join(samples, 'labels.json'), 'utf8'));
  const judged = spawnSync(PYTHON, ['-c', script, path, join(samples, 'test.zip'), classes.join(',')], {
    encoding: 'utf8',
  });
  expect(judged.stderr).not.toContain('Traceback');
  const [, shown] = percentages(await summary(page, 'Accuracy'));
  expect(Number(judged.stdout)).toBeCloseTo(shown ?? 0, 5);
});

test('the .octet opens again, with its settings and placement', async () => {
  const { page } = opened;
  const { path } = await takeAway(page, /^\.octet/);
  const again = await browser.open(browser.siteUrl);
  try {
    const bytes = readFileSync(path);
    await again.page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'fashion.octet', mimeType: 'application/octet-stream', buffer: bytes });
    await again.page.getByText('fashion.octet is quantized already').waitFor({ timeout: PATIENCE });
    await choose(again.page, join(ROOT, 'tests/assets/photos.zip'));
    await showView(again.page, 'Outputs');
    await again.page.getByRole('columnheader', { name: 'INT8' }).waitFor({ timeout: PATIENCE });
    expect(again.problems).toEqual([]);
  } finally {
    await again.close();
  }
});

test('the .tflite opens again, and says that it is quantized already', async () => {
  const { page } = opened;
  const { path } = await takeAway(page, /^INT8 \.tflite.*float32/);
  const again = await browser.open(browser.siteUrl);
  try {
    await again.page
      .locator('input[type=file]')
      .first()
      .setInputFiles({
        name: 'fashion_int8.tflite',
        mimeType: 'application/octet-stream',
        buffer: readFileSync(path),
      });
    await again.page.getByText('fashion_int8.tflite is quantized already').waitFor({ timeout: PATIENCE });
    expect(await again.page.getByRole('button', { name: /^Quantize/ }).count()).toBe(0);
    expect(again.problems).toEqual([]);
  } finally {
    await again.close();
  }
});
