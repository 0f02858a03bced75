// What must survive, and what must not break anything: reload, no network, cancelling, files that are wrong.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  choose,
  openSample,
  openSmallSample,
  PATIENCE,
  picture,
  quantize,
  SMALL_SAMPLE,
  startRun,
  summary,
  violations,
} from './support/actions.ts';
import { ROOT, useBrowser } from './support/browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'octet-web-'));
const browser = useBrowser();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a file that is no model is refused with a reason, and what was open stays', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await choose(page, file('broken.tflite', 'This is no model at all, whatever it is called.'));
  const alert = page.getByRole('alert');
  await alert.waitFor({ timeout: PATIENCE });
  expect((await alert.innerText()).length).toBeGreaterThan(30);
  await picture(page, 'error-message');
  expect(await violations(page)).toEqual([]);
  expect(await page.locator('.top-file').innerText()).toContain('fashion.tflite');
  await page.getByRole('button', { name: 'Close the message' }).click();
  await startRun(page);
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
});

test('a truncated model is refused', async () => {
  const { page } = await browser.open();
  const bytes = readFileSync(join(ROOT, 'web/public/samples/fashion/fashion.tflite'));
  await choose(page, file('half.tflite', bytes.subarray(0, bytes.length / 2)));
  await page.getByRole('alert').waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Try the sample' }).waitFor();
});

test('an image that cannot be decoded is named, and the rest stays', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await page.getByRole('button', { name: 'Remove' }).click();
  await choose(page, file('wrong.png', 'no image'));
  await page.getByText(/wrong\.png.*cannot be decoded/).waitFor({ timeout: PATIENCE });
  await startRun(page);
  const alert = page.getByRole('alert');
  await alert.waitFor({ timeout: PATIENCE });
  expect(await alert.innerText()).toContain('wrong.png');
  expect(await page.locator('.top-file').innerText()).toContain('fashion.tflite');
});

test('a run is cancelled at once, and another one works', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await startRun(page);
  await page.getByText(/\d+ of (200|1,000)/).waitFor({ timeout: PATIENCE });
  const before = Date.now();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Quantize' }).waitFor();
  expect(Date.now() - before).toBeLessThan(3000);
  await page.getByText('Quantizing was cancelled').waitFor();
  await startRun(page);
  await page.locator('.phase[data-state=now]', { hasText: 'Try the methods' }).waitFor();
});

test('the session survives a reload and is gone when cleared', async () => {
  const { page } = await browser.open();
  await openSmallSample(page);
  await quantize(page);
  const accuracy = await summary(page, 'Accuracy');
  await page.waitForTimeout(1500);
  await page.reload();
  await page.getByRole('application', { name: 'Network graph' }).waitFor({ timeout: PATIENCE });
  expect(await summary(page, 'Accuracy')).toBe(accuracy);
  await page.getByText(SMALL_SAMPLE).waitFor();
  await page.getByRole('tab', { name: 'Outputs' }).click();
  await page.getByRole('columnheader', { name: 'INT8' }).waitFor({ timeout: PATIENCE });

  await page.getByRole('button', { name: /kept/ }).click();
  await page.getByRole('button', { name: 'Close and clear all' }).click();
  await page.getByRole('button', { name: 'Try the sample' }).waitFor();
  await page.waitForTimeout(1000);
  await page.reload();
  await page.getByRole('button', { name: 'Try the sample' }).waitFor();
});

test('what the browser does not keep is named, and the rest is kept', async () => {
  const { page } = await browser.open();
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, key) {
      if (key === 'images') throw new DOMException('There is no room.', 'QuotaExceededError');
      return put.call(this, value, key);
    };
  });
  await page.reload();
  await openSmallSample(page);
  const alert = page.getByRole('alert');
  await alert
    .filter({ hasText: 'does not keep 50 images: There is no room.' })
    .waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Close the message' }).click();
  // The model alone: what is not kept does not count.
  const model = readFileSync(join(ROOT, 'web/public/samples/fashion/fashion.tflite'));
  const kept = page.getByRole('button', { name: /kept/ });
  expect(await kept.innerText()).toContain(`${Math.round(model.length / 1000)} kB`);
  await page.reload();
  await page.getByRole('application', { name: 'Network graph' }).waitFor({ timeout: PATIENCE });
  expect(await page.locator('.top-file').innerText()).toContain('fashion.tflite');
});

test('where the network cannot be placed on another target, the one before stays, and it can be tried again', async () => {
  const { page } = await browser.open();
  await page.addInitScript(() => {
    let left = 1;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest: unknown[]) {
      if (left > 0 && JSON.stringify(message)?.includes('\\"target\\":\\"tflite\\"')) {
        left -= 1;
        throw new Error('The worker is gone.');
      }
      return Reflect.apply(postMessage, this, [message, ...rest]);
    };
  });
  await page.reload();
  await openSample(page);
  const step = page.getByRole('button', { name: /^Settings/ });
  if ((await step.getAttribute('aria-expanded')) === 'false') await step.click();
  const targets = page.getByRole('group', { name: 'Quantize for' });
  const chosen = targets.locator('[aria-pressed=true]');
  expect(await chosen.innerText()).toContain('MLSoC');
  await targets.getByRole('button', { name: 'TFLite' }).click();
  await page.getByRole('alert').filter({ hasText: 'The worker is gone.' }).waitFor({ timeout: PATIENCE });
  expect(await chosen.innerText()).toContain('MLSoC');
  await targets.getByRole('button', { name: 'TFLite' }).click();
  await page.getByText(/of MACs in integers/).waitFor({ timeout: PATIENCE });
  expect(await chosen.innerText()).toContain('TFLite');
});

test('after one visit the page works without a network', async () => {
  const { page, context } = await browser.open();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  await openSmallSample(page);
  await quantize(page);
});

test('settings are applied from JSON, and a wrong field is refused', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await choose(
    page,
    file('settings.json', JSON.stringify({ calibration: { method: 'percentile', percentile: 99.9 } })),
  );
  await page.getByText('own settings for MLSoC').waitFor();
  await page.getByRole('button', { name: /^Settings/ }).click();
  await page.getByText('Every setting', { exact: true }).click();
  expect(await page.getByRole('combobox', { name: 'Ranges by' }).inputValue()).toBe('percentile');
  await choose(page, file('wrong.json', JSON.stringify({ calibratoin: {} })));
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.innerText()).toContain('calibratoin');
});
