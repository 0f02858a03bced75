// Numbers other than INT8, for all nodes or for some, and the corrections; each run beside the others.

import type { Page } from 'playwright-core';
import {
  chooseSettings,
  openSample,
  PATIENCE,
  percentages,
  picture,
  quantize,
  showView,
  summary,
} from './support/actions.ts';
import { useBrowser } from './support/browser.ts';

const browser = useBrowser();

/** A column of the table of runs, one text a run. */
async function column(page: Page, name: string): Promise<string[]> {
  await showView(page, 'Compare');
  const heads = await page.locator('.compare thead th').allInnerTexts();
  const at = heads.findIndex((text) => text.trim() === name);
  expect(at).toBeGreaterThan(0);
  // Cells count from 1, the row's name being the first.
  return page.locator(`.compare tbody tr:not(.compare-float) > :nth-child(${at + 1})`).allInnerTexts();
}

test('INT16 for a tenth of the multiply-accumulates is found and compared', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await chooseSettings(page, 'MLSoC', 'INT8, quick');
  await quantize(page);
  await page.getByRole('button', { name: 'INT16 for a tenth' }).click();
  await page
    .getByRole('button', { name: /^Run 2 with INT16 for 10 % of the MACs/ })
    .waitFor({ timeout: PATIENCE });
  const [before, after] = (await column(page, 'Output')).map((text) => Number.parseFloat(text));
  expect(after).toBeGreaterThan(before ?? Number.NaN);
  await showView(page, 'Error');
  await picture(page, 'int16-for-a-tenth');
  const [plain, mixed] = await column(page, 'Settings');
  expect(mixed).toMatch(new RegExp(`^${plain}, \\d+ nodes in INT16$`));
});

test('INT8 with corrections, layers in BF16, and all in BF16 are compared', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await chooseSettings(page, 'Modalix', 'INT8, quick');
  await page.getByText('Every setting', { exact: true }).click();
  await page.getByRole('combobox', { name: 'Bias correction' }).selectOption('regular');
  await page.getByRole('checkbox', { name: /^Adaptive rounding/ }).check();
  await page.getByText('own settings for Modalix').waitFor();
  await quantize(page);
  await picture(page, 'corrections');

  await page.getByRole('button', { name: /^Mark the worst/ }).click();
  await page.getByLabel('Precision for the marked layers').selectOption('BF16');
  await page.getByRole('button', { name: 'Fix 3' }).click();
  await page.getByRole('button', { name: /^Run 2 \(3 chosen\)/ }).waitFor({ timeout: PATIENCE });
  await picture(page, 'fixed-in-bf16');

  await chooseSettings(page, 'Modalix', 'BF16');
  await quantize(page);
  const outputs = (await column(page, 'Output')).map((text) => Number.parseFloat(text));
  expect(outputs).toHaveLength(3);
  // BF16 has eight bits of precision for every value; INT8 shares them over a tensor's range.
  expect(outputs[2]).toBeGreaterThan(Math.max(outputs[0] ?? 0, outputs[1] ?? 0));
  const corrected = 'Modalix, INT8, mse, adaptive rounding, bias corrected, shifts';
  expect(await column(page, 'Settings')).toEqual([
    corrected,
    `${corrected}, 3 nodes in BF16`,
    'Modalix, BF16, 3 nodes in BF16',
  ]);
  await picture(page, 'three-runs');
  const [, accuracy] = percentages(await summary(page, 'Accuracy'));
  expect(accuracy).toBeGreaterThan(90);

  await page.getByRole('button', { name: 'Take away' }).click();
  await page.getByRole('button', { name: /^\.tflite in float32/ }).waitFor();
  await page.getByText(/^TFLite has no BF16 kernels: .* written in float32/).waitFor();
  await picture(page, 'bf16-taken-away');
}, 400_000);

test('the hard sample is lost in INT8, and won by equalizing its channels', async () => {
  const { page } = await browser.open();
  await page.getByRole('button', { name: 'Try a hard one' }).click();
  await page.getByText('A lesson in three runs').waitFor({ timeout: PATIENCE });
  await chooseSettings(page, 'MLSoC', 'INT8, quick');
  await quantize(page);
  await page.getByText('Every setting', { exact: true }).click();
  await page.getByRole('checkbox', { name: /^Equalize channels/ }).check();
  await quantize(page);
  const accuracies = (await column(page, 'Accuracy')).map((text) => Number.parseFloat(text));
  expect(accuracies[0]).toBeLessThan(85);
  expect(accuracies[1]).toBeGreaterThan(91);
});

test('a precision is chosen in the table, shown in the inspector and the settings, and dropped with its target', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await chooseSettings(page, 'Modalix', 'INT8, quick');
  const inTable = page.getByRole('grid', { name: 'Nodes' }).getByRole('combobox').first();
  await inTable.selectOption({ label: 'BF16' });
  await page.getByText(/: BF16$/).waitFor();
  await page.getByRole('grid', { name: 'Nodes' }).locator('.table-row').first().click();
  const inspector = page.getByRole('complementary', { name: 'Selected node' });
  const own = inspector.getByRole('combobox', { name: /^Precision of/ });
  expect(await own.inputValue()).toBe('BFLOAT_16');
  await own.selectOption({ label: 'as all' });
  await inspector.getByRole('combobox', { name: 'Weights' }).selectOption('4 bits');
  await inspector.getByRole('combobox', { name: 'Ranges by' }).selectOption('Percentile');
  await page.getByText('As JSON').click();
  const settings = JSON.parse(await page.getByRole('textbox', { name: 'Settings as JSON' }).inputValue());
  const [config] = Object.values<Record<string, unknown>>(settings.customQuantizationConfigs);
  expect(config).toMatchObject({ weightScheme: { bits: 4 }, calibration: { method: 'percentile' } });
  await inTable.selectOption({ label: 'BF16' });
  await chooseSettings(page, 'MLSoC', 'INT8, quick');
  await page.getByText('None. Choose some').waitFor();
});

test('? lists the keys and Escape closes the list', async () => {
  const { page } = await browser.open();
  await page.getByRole('button', { name: 'Try the sample' }).waitFor();
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keys' });
  await list.waitFor();
  await picture(page, 'keys');
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
});
