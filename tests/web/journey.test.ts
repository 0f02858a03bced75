// The whole way through the page, on the site and on the single file.

import {
  choose,
  FACE_MODEL,
  openSample,
  PATIENCE,
  PHOTOS,
  percentages,
  quantize,
  showView,
  summary,
} from './support/actions.ts';
import { useBrowser } from './support/browser.ts';

const browser = useBrowser();

describe.each(['site', 'file'] as const)('from a %s', (kind) => {
  const url = (): string => (kind === 'site' ? browser.siteUrl : browser.fileUrl);

  test('the sample is drawn, quantized and looked into, and on the site fixed', async () => {
    const { page } = await browser.open(url());
    await openSample(page);
    await page.getByText('200 calibrate, 1,000 compare').waitFor();
    expect(await page.getByRole('row').count()).toBeGreaterThan(10);

    await quantize(page);
    const [float, quantized] = percentages(await summary(page, 'Accuracy'));
    expect(float).toBe(92.4);
    expect(quantized).toBeGreaterThan(91.4);
    expect(await page.locator('.error-line').count()).toBe(35);
    await page.getByText(/\d of 3 accuracy methods used/).click();
    await page.getByText(/^Adaptive rounding was (used|left out): on \d+ samples/).waitFor();

    await page.locator('.error-name').first().click();
    const inspector = page.getByRole('complementary', { name: 'Selected node' });
    await inspector.getByText('Signal to noise (SQNR)').waitFor();
    await inspector.getByText('Zero point').first().waitFor();
    await inspector.getByRole('img', { name: /range chosen/ }).waitFor();

    await showView(page, 'Outputs');
    await page.getByRole('columnheader', { name: 'INT8' }).waitFor({ timeout: PATIENCE });

    if (kind === 'file') return;
    await showView(page, 'Error');
    await page.getByRole('button', { name: 'Mark the worst 3' }).click();
    await page.getByLabel('Precision for the marked layers').selectOption('float');
    await page.getByRole('button', { name: 'Fix 3' }).click();
    // The images were looked at before.
    await page.locator('.phase[data-state=now]', { hasText: 'Answers quantized' }).waitFor();
    expect(await page.getByText('Find the ranges').count()).toBe(0);
    const runs = page.getByRole('group', { name: 'Runs' }).getByRole('button');
    await runs.nth(1).waitFor({ timeout: PATIENCE });
    await showView(page, 'Compare');
    await page.getByRole('row', { name: /^Run 2 .*, 3 nodes in float/ }).waitFor();
  });
});

test('a face detector with photos shows the faces of float and INT8', async () => {
  const { page } = await browser.open();
  await choose(page, FACE_MODEL);
  await page.getByRole('application', { name: 'Network graph' }).waitFor({ timeout: PATIENCE });
  await choose(page, PHOTOS);
  await page.getByText('20 calibrate, 4 compare').waitFor({ timeout: PATIENCE });
  await page.getByLabel('Pixels become').selectOption('−1 … 1');
  await quantize(page);
  await showView(page, 'Outputs');
  await page.getByLabel('Image', { exact: true }).selectOption('astronaut-4.jpg');
  await page.getByRole('img', { name: '1 faces found in INT8, 1 in float' }).waitFor({ timeout: PATIENCE });
});
