// The package as users get it: packed, installed into an empty project, and running the README's own examples in Node
// and, bundled by Vite, in Chromium.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestBrowser } from '../web/support/browser.ts';

const ROOT = process.cwd();
const SAMPLE = join(ROOT, 'web/public/samples/fashion');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
let project: string;
let packed: readonly string[];

/** The code of the README's first example under a heading. */
function example(heading: string): string {
  const code = README.split(`### ${heading}\n`)[1]?.match(/```js\n([\s\S]*?)```/)?.[1];
  if (code === undefined) throw new Error(`README.md has no example for ${heading}.`);
  return code;
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, [...args], { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'octet-package-'));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', project], { encoding: 'utf8' });
  // npm 12 keys the list by name; earlier ones print it bare.
  const [report] = Object.values(JSON.parse(output.slice(output.search(/^[[{]/m)))) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (report === undefined) throw new Error('npm pack reported nothing.');
  packed = report.files.map(({ path }) => path);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', `./${report.filename}`]);
  cpSync(join(SAMPLE, 'fashion.tflite'), join(project, 'model.tflite'));
  cpSync(join(SAMPLE, 'calibration.zip'), join(project, 'calibration.zip'));
}, 300_000);

afterAll(() => rmSync(project, { recursive: true }));

test('holds what is needed and nothing else', () => {
  const unexpected = packed.filter(
    (path) =>
      !/^(bindings\/(js|cli)\/dist\/.*\.(js|d\.ts|wasm)|web\/public\/samples\/fashion\/.*|schemas\/report\.schema\.json|package\.json|README\.md|LICENSE)$/.test(
        path,
      ),
  );
  expect(unexpected).toEqual([]);
  expect(packed).toContain('bindings/js/dist/octet.wasm');
});

test('its command runs', () => {
  expect(run('npx', ['--no-install', 'octet', 'inspect', 'model.tflite'])).toContain('CONV_2D');
});

test('its types resolve', () => {
  writeFileSync(
    join(project, 'types.ts'),
    `import { type LoadedNet, loadModel, type Model } from 'octet-quant';
import { figure } from 'octet-quant/display';
export const text: string = figure(1 / 3);
export async function quantized(bytes: Uint8Array): Promise<Model> {
  const net: LoadedNet = await loadModel(bytes, { target: 'gen2' });
  // @ts-expect-error: there is no such target, and a type that resolved to any would not mind.
  await loadModel(bytes, { target: 'gen9' });
  return net.quantize([]);
}
`,
  );
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom,esnext.disposable'];
  run(tsc, [...options, 'types.ts']);
});

test("the README's examples write the same bytes in Node and in Chromium", async () => {
  writeFileSync(join(project, 'node.js'), example('Node'));
  expect(run('node', ['node.js'])).toMatch(/adds most error itself: \d+\.\d dB; piled up: \d+\.\d dB/);

  writeFileSync(join(project, 'main.js'), example('Browser'));
  writeFileSync(
    join(project, 'index.html'),
    `<!doctype html><link rel="icon" href="data:,"><input type="file" id="model"><input type="file" id="images"><button id="quantize">Quantize</button>
<script type="module" src="./main.js"></script>`,
  );
  // Vite bundles what the project has installed; only Vite itself is the repository's.
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  if (!readdirSync(join(project, 'node_modules')).includes('vite')) {
    symlinkSync(join(ROOT, 'node_modules/vite'), join(project, 'node_modules/vite'));
  }
  run(join(ROOT, 'node_modules/.bin/vite'), ['build', '--logLevel', 'error']);

  const browser = await TestBrowser.start(join(project, 'dist'));
  try {
    const opened = await browser.open(browser.siteUrl);
    await opened.page.locator('#model').setInputFiles(join(project, 'model.tflite'));
    await opened.page.locator('#images').setInputFiles(join(project, 'calibration.zip'));
    const download = opened.page.waitForEvent('download', { timeout: 120_000 });
    await opened.page.locator('#quantize').click();
    const file = join(project, 'chromium.tflite');
    await (await download).saveAs(file);
    expect(opened.problems).toEqual([]);
    expect(sha256(file)).toBe(sha256(join(project, 'model_int8.tflite')));
  } finally {
    await browser.close();
  }
}, 300_000);

test("the README's table of operators is what the code says", () => {
  const table = run('npx', ['--no-install', 'octet', 'support', '--markdown']).trim();
  expect(README.split('<!-- support -->')[1]?.split('<!-- /support -->')[0]?.trim()).toBe(table);
});
