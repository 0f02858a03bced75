// What a visitor does, by what is written on the page.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { ROOT } from './browser.ts';

export const MODELS = join(ROOT, 'node_modules/@mediapipe');
export const FACE_MODEL = join(MODELS, 'face_detection/face_detection_short_range.tflite');
export const PHOTOS = join(ROOT, 'tests/assets/photos.zip');
/** Long enough for a busy machine with two cores. */
export const PATIENCE = 180_000;

export async function openSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.getByRole('application', { name: 'Network graph' }).waitFor({ timeout: PATIENCE });
}

/** Images of the small sample: five a class, of which one is held out. */
const FEW_IMAGES = 50;
export const SMALL_SAMPLE = '40 calibrate, 10 compare';

/** Opens the sample with some of its calibration images only, for tests that need no good result but a quick one. */
export async function openSmallSample(page: Page): Promise<void> {
  await openSample(page);
  await page.getByRole('button', { name: 'Remove' }).click();
  const all = Object.entries(
    unzipSync(readFileSync(join(ROOT, 'web/public/samples/fashion/calibration.zip'))),
  );
  const pictures = all.filter(([name]) => name.endsWith('.png'));
  const step = Math.floor(pictures.length / FEW_IMAGES);
  const some = pictures.filter((_, index) => index % step === 0).slice(0, FEW_IMAGES);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'some.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(zipSync(Object.fromEntries(some), { level: 0 })),
    });
  await page.getByText(SMALL_SAMPLE).waitFor({ timeout: PATIENCE });
}

/** Chooses files as the page's file dialogs would. */
export async function choose(page: Page, ...files: readonly string[]): Promise<void> {
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles([...files]);
}

/** Unfolds the settings and chooses what to quantize for, and how. */
export async function chooseSettings(
  page: Page,
  target: 'MLSoC' | 'Modalix' | 'TFLite',
  preset: string,
): Promise<void> {
  const step = page.getByRole('button', { name: /^Settings/ });
  if ((await step.getAttribute('aria-expanded')) === 'false') await step.click();
  await page.getByRole('group', { name: 'Quantize for' }).getByRole('button', { name: target }).click();
  const choice = page.locator('.choice').filter({ has: page.getByText(preset, { exact: true }) });
  await choice.getByRole('radio').check();
  await page.getByText(`${preset} for ${target}`).waitFor();
}

export async function startRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Quantize( again)?$/ }).click();
}

/** Quantizes and waits for the result. */
export async function quantize(page: Page): Promise<void> {
  const runs = page.getByRole('group', { name: 'Runs' }).getByRole('button');
  const before = await runs.count();
  await startRun(page);
  await runs.nth(before).waitFor({ timeout: PATIENCE });
}

/** A figure of the summary: "92.4 % → 92.2 %". */
export async function summary(page: Page, name: string): Promise<string> {
  const entry = page
    .locator('.summary > div')
    .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) });
  return (await entry.locator('dd').innerText()).replaceAll(/\s+/g, ' ');
}

export function percentages(text: string): number[] {
  return [...text.matchAll(/([\d.]+) %/g)].map(([, figure]) => Number(figure));
}

export async function showView(page: Page, name: 'Table' | 'Error' | 'Outputs' | 'Compare'): Promise<void> {
  await page.getByRole('tab', { name }).click();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds wrong with the page as it is, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<readonly Violation[]>('axe.run().then((result) => result.violations)');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)}\n${failureSummary}`),
  );
}

/** Keeps a picture of a state, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, 'build/web-pictures');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
