// .onnx models on the page: opened like others, with a question where a shape is open.

import { join } from 'node:path';
import { model, node, value } from '../js/support/onnx-message.ts';
import { choose, PATIENCE, quantize } from './support/actions.ts';
import { ROOT, useBrowser } from './support/browser.ts';

const browser = useBrowser();

test('a model with channels first is shown and quantized with images', async () => {
  const { page } = await browser.open();
  const calibration = join(ROOT, 'web/public/samples/fashion/calibration.zip');
  await choose(page, join(ROOT, 'tests/models/fashion.onnx'));
  await page.getByRole('application', { name: 'Network graph' }).waitFor({ timeout: PATIENCE });
  await choose(page, calibration);
  await quantize(page);
});

test('an open shape is asked for, and what is no shape is not taken', async () => {
  const { page } = await browser.open();
  const buffer = Buffer.from(
    model([1, node('Relu', ['x'], 'y')], [11, value('x', ['n', 'c'])], [12, value('y', ['n', 'c'])]),
  );
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'open.onnx', mimeType: 'application/octet-stream', buffer });
  const question = page.getByRole('form', { name: 'Shape of an input' });
  await question.getByText('[1, ?]').waitFor({ timeout: PATIENCE });
  const open = question.getByRole('button', { name: 'Open', exact: true });
  await question.getByRole('textbox').fill('1, none');
  expect(await open.isDisabled()).toBe(true);
  await question.getByRole('textbox').fill('1, 5');
  await open.click();
  await question.waitFor({ state: 'detached' });
  await page.getByText('open.onnx').first().waitFor({ timeout: PATIENCE });
});
