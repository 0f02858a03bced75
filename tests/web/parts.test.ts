// Outputs by their parts: where boxes and scores share one scale, the page names the scores that are lost.

import { join } from 'node:path';
import { choose, PATIENCE, PHOTOS, picture, showView, violations } from './support/actions.ts';
import { ROOT, useBrowser } from './support/browser.ts';

const browser = useBrowser();

test('the outputs and the inspector show each part with its own error', async () => {
  const { page, problems } = await browser.open();
  await choose(page, join(ROOT, 'tests/assets/boxes_beside_scores_int8.tflite'));
  await page.getByText('boxes_beside_scores_int8.tflite is quantized already').waitFor({ timeout: PATIENCE });
  await choose(page, PHOTOS);
  await page.getByRole('button', { name: 'Convert to shifts' }).click();
  await page.getByRole('button', { name: /^Run 1 \(converted\)/ }).waitFor({ timeout: PATIENCE });

  await showView(page, 'Outputs');
  const parts = page.getByRole('region', { name: /^Parts of Identity/ });
  await parts.waitFor({ timeout: PATIENCE });
  expect(await parts.getByRole('rowheader').allTextContents()).toEqual(['0–3', '4–5 lost']);
  expect(await parts.locator('p').textContent()).toMatch(/channels 4 and 5, .*are lost: .* below one step/);
  await picture(page, 'parts');

  await showView(page, 'Error');
  await page.getByRole('button', { name: /concatenation, lost channels$/ }).click();
  const inspector = page.getByRole('complementary', { name: 'Selected node' });
  await inspector.getByRole('rowheader', { name: '4–5 lost' }).waitFor();
  await inspector.getByText(/^Channels 4 and 5, .*are lost/).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(problems).toEqual([]);
}, 400_000);
