// Takes the README's pictures of the built page anew: node web/pictures/take.mjs, from the repository's root.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const PATIENCE = { timeout: 300_000 };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});

async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(pathToFileURL(join('dist', 'octet.html')).href);
  return page;
}

async function quantize(page) {
  await page.getByRole('button', { name: 'Quantize', exact: true }).click();
  await page.getByRole('button', { name: /^Run 1/ }).waitFor(PATIENCE);
}

/** Keeps the picture with a palette: the page has few colours. */
async function take(page, name) {
  await page.waitForTimeout(1000);
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, compressionLevel: 9 })
    .toFile(join('web/pictures', `${name}.png`));
}

const sample = await open({});
await sample.getByRole('button', { name: 'Try the sample' }).click();
await sample.getByRole('application', { name: 'Network graph' }).waitFor(PATIENCE);
await quantize(sample);
await sample.locator('.error-name').first().click();
await sample.getByRole('img', { name: /range chosen/ }).waitFor(PATIENCE);
await take(sample, 'sample');

await sample.getByRole('button', { name: 'Take away' }).click();
const [download] = await Promise.all([
  sample.waitForEvent('download'),
  sample
    .locator('.menu-panel')
    .getByRole('button', { name: /^Report/ })
    .click(),
]);
const report = await sample.context().newPage();
const copy = join(mkdtempSync(join(tmpdir(), 'octet-report-')), 'report.html');
await download.saveAs(copy);
await report.goto(pathToFileURL(copy).href);
await take(report, 'report');

const phone = await open({
  viewport: { width: 390, height: 780 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  colorScheme: 'dark',
});
await phone.getByRole('button', { name: 'Try the sample' }).tap();
await phone.getByRole('navigation', { name: 'Parts of the page' }).waitFor(PATIENCE);
await quantize(phone);
await take(phone, 'phone');

const faces = await open({ colorScheme: 'dark' });
const input = faces.locator('input[type=file]').first();
await input.setInputFiles('node_modules/@mediapipe/face_detection/face_detection_short_range.tflite');
await faces.getByRole('application', { name: 'Network graph' }).waitFor(PATIENCE);
await input.setInputFiles('tests/assets/photos.zip');
await faces.getByText('20 calibrate, 4 compare').waitFor(PATIENCE);
await faces.getByLabel('Pixels become').selectOption('−1 … 1');
await quantize(faces);
await faces.getByRole('tab', { name: 'Outputs' }).click();
await faces.getByLabel('Image', { exact: true }).selectOption('astronaut-4.jpg');
await faces.getByRole('img', { name: /faces found/ }).waitFor(PATIENCE);
await take(faces, 'faces');
await browser.close();
