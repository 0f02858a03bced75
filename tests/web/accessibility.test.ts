// axe finds nothing in any state, in light and dark, wide and narrow; and the keyboard reaches the network.

import type { Page } from 'playwright-core';
import { openSample, picture, quantize, showView, startRun, violations } from './support/actions.ts';
import { useBrowser } from './support/browser.ts';

const browser = useBrowser();

/** Keeps a picture of a state in light and in dark, in which axe finds nothing. */
async function expectAccessible(page: Page, name?: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    if (name !== undefined) await picture(page, `${name}-${colorScheme}`);
    expect(await violations(page)).toEqual([]);
  }
}

test('every state on a wide screen, light and dark', async () => {
  const { page } = await browser.open();
  await page.getByRole('button', { name: 'Try the sample' }).waitFor();
  await expectAccessible(page, 'empty');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await openSample(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByText('Every setting', { exact: true }).click();
  await page
    .getByRole('img', { name: /as the model sees it/ })
    .nth(5)
    .waitFor();
  await expectAccessible(page, 'loaded');
  await startRun(page);
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  await expectAccessible(page, 'running');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('was cancelled').waitFor();
  await expectAccessible(page);
  await quantize(page);
  await page.locator('.error-name').first().click();
  await page.getByRole('img', { name: /range chosen/ }).waitFor();
  for (const view of ['Error', 'Table', 'Outputs', 'Compare'] as const) {
    await showView(page, view);
    if (view === 'Outputs') await page.getByRole('columnheader', { name: 'INT8' }).waitFor();
    await expectAccessible(page, view.toLowerCase());
  }
  await page.getByRole('button', { name: 'Take away' }).click();
  await expectAccessible(page, 'take-away');
});

test('every tab on a phone', async () => {
  const { page } = await browser.open(browser.siteUrl, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await page.getByRole('button', { name: 'Try the sample' }).tap();
  const tabs = page.getByRole('navigation', { name: 'Parts of the page' });
  await tabs.waitFor();
  await page.getByRole('button', { name: /^Settings/ }).tap();
  await page.getByText('Preset', { exact: true }).waitFor();
  await expectBarsInPlace(page);
  await picture(page, 'phone-settings');
  await quantize(page);
  for (const name of ['Setup', 'Network', 'Node', 'Table', 'Results']) {
    await tabs.getByRole('button', { name }).tap();
    await page.waitForTimeout(500);
    await picture(page, `phone-${name.toLowerCase()}`);
    expect(await violations(page)).toEqual([]);
    await expectNothingWider(page);
  }
  for (const view of ['Table', 'Outputs', 'Compare'] as const) {
    await showView(page, view);
    await page.waitForTimeout(500);
    await picture(page, `phone-${view.toLowerCase()}`);
    expect(await violations(page)).toEqual([]);
    await expectNothingWider(page);
  }
  await page.getByRole('button', { name: 'Take away' }).tap();
  const box = await page.locator('.menu-panel').boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
});

/** The bars stay at the screen's ends, whatever was scrolled. */
async function expectBarsInPlace(page: Page): Promise<void> {
  const top = await page.locator('.top-bar').boundingBox();
  const tabs = await page.locator('.phone-tabs').boundingBox();
  expect(top?.y).toBe(0);
  expect((tabs?.y ?? 0) + (tabs?.height ?? 0)).toBe(844);
}

/** What is wider than the screen scrolls inside its own box, and every control of the frame can be reached. */
async function expectNothingWider(page: Page): Promise<void> {
  const widths = await page.evaluate(() =>
    ['html', '.top-bar', '.workspace', '.phone-tabs'].map(
      (name) => document.querySelector(name)?.scrollWidth ?? 0,
    ),
  );
  for (const width of widths) expect(width).toBeLessThanOrEqual(390);
  await expectBarsInPlace(page);
}

test('the keyboard alone selects, searches and moves along the network', async () => {
  const { page } = await browser.open();
  await openSample(page);
  await page.keyboard.press('/');
  await page.keyboard.type('logistic');
  await page.keyboard.press('Enter');
  const title = page.getByRole('complementary', { name: 'Selected node' }).getByRole('heading', { level: 2 });
  await title.getByText('Logistic').waitFor();
  await page.getByRole('application', { name: 'Network graph' }).focus();
  await page.keyboard.press('ArrowDown');
  await title.getByText('Mul').waitFor();
  expect(await page.getByRole('row', { selected: true }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByText('Select a node').waitFor();
});
