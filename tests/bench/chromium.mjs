// LiteRT.js in Debian's Chromium, driven from Node: one page, one thread.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

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

/** {measure(model path, input path, shape): milliseconds, close()}, paths from the repository's root. */
export async function startLiteRt(root) {
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
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/tests/bench/litert.html`);
  await page.waitForFunction('window.isReady === true');
  return {
    measure: (model, input, shape) =>
      page.evaluate(([m, i, s]) => window.measure(m, i, s), [`/${model}`, `/${input}`, shape]),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
