// LiteRT.js and Octet in Debian's Chromium, driven from Node: a page each, one thread.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves the repository with the headers that LiteRT.js asks for. */
function serve(root) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    try {
      const body = readFileSync(join(root, pathname));
      response.writeHead(200, {
        'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/**
 * {litert, octet, ort: {measure(model path, input path, shape): milliseconds}, firstAnswer(runtime, model path, input path,
 * shape): milliseconds, profile(model path, input path, runs), kernels(): rows, close()}; paths from the repository's root, inputs as raw
 * bytes.
 */
export async function startPages(root) {
  const server = await serve(root);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
    ],
  });
  const open = async (name) => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/tests/bench/${name}.html`);
    await page.waitForFunction('window.isReady === true');
    const measure = (model, input, shape) =>
      page.evaluate(([m, i, s]) => window.measure(m, i, s), [`/${model}`, `/${input}`, shape]);
    return { page, measure };
  };
  const [litert, octet, ort] = [await open('litert'), await open('octet'), await open('ort')];
  // In a context of its own, so that nothing is cached.
  const firstAnswer = async (runtime, model, input, shape) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/tests/bench/${runtime}.html`);
    await page.waitForFunction('window.isReady === true', undefined, { polling: 5 });
    const milliseconds = await page.evaluate(
      ([m, i, s]) => window.firstAnswer(m, i, s),
      [`/${model}`, `/${input}`, shape],
    );
    await context.close();
    return milliseconds;
  };
  return {
    litert,
    octet,
    ort,
    firstAnswer,
    kernels: async () => {
      const { page } = await open('kernels');
      const found = await page.evaluate(() => window.measure());
      await page.close();
      return found;
    },
    profile: (model, input, runs) =>
      octet.page.evaluate(([m, i, r]) => window.profile(m, i, r), [`/${model}`, `/${input}`, runs]),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
