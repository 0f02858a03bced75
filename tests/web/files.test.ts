// What is taken away is what was shown.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import {
  choose,
  chooseSettings,
  openSample,
  PATIENCE,
  percentages,
  quantize,
  showView,
  summary,
  violations,
} from './support/actions.ts';
import { type OpenPage, ROOT, TestBrowser } from './support/browser.ts';

const PYTHON = process.env.OCTET_PYTHON ?? join(ROOT, 'build/venv/bin/python');
const whenJudged = existsSync(PYTHON) ? test : test.skip;
if (!existsSync(PYTHON))
  console.log(`Without ${PYTHON}, files that are taken away are not judged by TFLite.`);
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
  await chooseSettings(page, 'TFLite', 'INT8, recommended');
  await page.getByText(/of MACs in integers/).waitFor({ timeout: PATIENCE });
  await quantize(page);
  const tflite = await takeAway(page, /^INT8 \.tflite.*float32/);
  expect(tflite.fileName).toBe('fashion_int8.tflite');
  const settings = await takeAway(page, /Settings/);
  expect(JSON.parse(readFileSync(settings.path, 'utf8')).requantization).toBe('tflite');
  const report = await takeAway(page, /Report/);
  expect(report.fileName).toBe('fashion_report.html');
  await checkReport(report.path);
});

/** Opens the report as who it is passed on to does: from a file, with nothing else. */
async function checkReport(path: string): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'octet-report-')), 'report.html');
  copyFileSync(path, file);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(/https?:|src="(?!data:)/);
  const shown = await browser.open(pathToFileURL(file).href);
  try {
    const { page } = shown;
    await page.getByRole('heading', { name: 'fashion.tflite: Run 1' }).waitFor();
    expect(await page.locator('dl').innerText()).toMatch(/Accuracy\s+92\.40\s%/);
    expect(await page.locator('img').count()).toBeGreaterThan(3);
    const ratios = async (): Promise<number[]> => {
      const cells = await page.locator('table.sortable tbody tr td:nth-child(9)').allInnerTexts();
      return cells.map((cell) => (cell === 'exact' ? Number.POSITIVE_INFINITY : Number(cell.split(' ')[0])));
    };
    const before = await ratios();
    expect(before.length).toBeGreaterThan(30);
    const ascending = [...before].sort((a, b) => (a === b ? 0 : a - b));
    expect(ascending).not.toEqual(before);
    await page.getByRole('button', { name: 'SQNR' }).click();
    expect(await ratios()).toEqual(ascending);
    await page.getByRole('button', { name: 'SQNR' }).click();
    expect(await ratios()).toEqual(ascending.reverse());
    // A layer's name leads to what is known of it, which is folded up until then.
    await page.locator('table.sortable a').first().click();
    await page.locator(':target').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(shown.problems).toEqual([]);
  } finally {
    await shown.close();
  }
}

/** Runs the file by TFLite's reference kernels on the sample's test images: ten scores each, by the images' names. */
function judge(path: string): Readonly<Record<string, readonly number[]>> {
  const script = `
import io, json, sys, zipfile, numpy as np
from PIL import Image
from ai_edge_litert.interpreter import Interpreter, OpResolverType
net = Interpreter(sys.argv[1], experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
net.allocate_tensors()
zip = zipfile.ZipFile(sys.argv[2])
scores = {}
for name in (name for name in zip.namelist() if name.endswith('.png')):
    pixels = np.asarray(Image.open(io.BytesIO(zip.read(name))), np.float32) / np.float32(255)
    net.set_tensor(net.get_input_details()[0]['index'], pixels.reshape(1, 28, 28, 1))
    net.invoke()
    scores['test/' + name] = net.get_tensor(net.get_output_details()[0]['index'])[0].tolist()
print(json.dumps(scores))
`;
  const images = join(ROOT, 'web/public/samples/fashion/test.zip');
  const judged = spawnSync(PYTHON, ['-c', script, path, images], {
    encoding: 'utf8',
    maxBuffer: 16_000_000,
  });
  expect(judged.stderr).not.toContain('Traceback');
  return JSON.parse(judged.stdout);
}

/** The answers on all images, as the page keeps them. */
function keptAnswers(page: Page): Promise<{ images: string[]; quantized: number[] }> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('octet');
        opening.onerror = reject;
        opening.onsuccess = () => {
          const kept = opening.result.transaction('session').objectStore('session').getAll();
          kept.onsuccess = () =>
            resolve(kept.result.find((value) => value?.classification !== undefined).classification);
        };
      }),
  );
}

/** Class and percentage of the quantized model in each line of the table of scores. */
async function shownScores(page: Page): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const lines = page.locator('.scores tbody tr');
  const texts = await lines.evaluateAll((rows) =>
    rows.map((row) => ({
      name: row.querySelector('th')?.firstChild?.textContent ?? '',
      text: row.querySelector('td:last-child')?.textContent ?? '',
    })),
  );
  return texts;
}

const { classes } = JSON.parse(readFileSync(join(ROOT, 'web/public/samples/fashion/labels.json'), 'utf8'));
const IMAGES_LOOKED_AT = 4;

whenJudged("TFLite's reference kernels compute, element for element, what the page shows", async () => {
  const { page } = opened;
  const scores = judge((await takeAway(page, /^INT8 \.tflite.*float32/)).path);
  const { images, quantized } = await keptAnswers(page);
  expect(images).toHaveLength(1000);
  const answers = images.map((name) => {
    const values = scores[name] ?? [];
    return values.indexOf(Math.max(...values));
  });
  expect(quantized).toEqual(answers);

  // Scores are multiples of 1/256, so that even their percentages in one decimal are told apart.
  await showView(page, 'Outputs');
  for (let look = 0; look < IMAGES_LOOKED_AT; ++look) {
    const name = images[look * 250] ?? '';
    await page.getByLabel('Image', { exact: true }).selectOption(name);
    await page.getByRole('img', { name: `${name} as the model sees it` }).waitFor();
    for (const { name: shown, text } of await shownScores(page)) {
      const score = scores[name]?.[classes.indexOf(shown)] ?? Number.NaN;
      expect(text).toBe(`${(100 * score).toFixed(1)} %`);
    }
  }
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

test('the .tflite opens again, runs as it is, and is converted to shifts', async () => {
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
    await choose(again.page, join(ROOT, 'web/public/samples/fashion/calibration.zip'));
    await showView(again.page, 'Outputs');
    await again.page.getByRole('columnheader', { name: 'File' }).waitFor({ timeout: PATIENCE });
    await again.page.getByRole('button', { name: 'Convert to shifts' }).click();
    await again.page.getByRole('button', { name: /^Run 1 \(converted\)/ }).waitFor({ timeout: PATIENCE });
    const [file, converted] = percentages(await summary(again.page, 'Accuracy'));
    expect(Math.abs((file ?? 0) - (converted ?? 0))).toBeLessThan(5);
    expect(again.problems).toEqual([]);
  } finally {
    await again.close();
  }
});
