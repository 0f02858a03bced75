// Debian's Chromium on the built page: over HTTP as a static site, or the single file from file://.

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

/** The repository's root; tests are run from there. */
export const ROOT = process.cwd();
const DIST = join(ROOT, 'dist');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** A browser and a server for the built page, to be closed at the end of a suite. */
export class TestBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
    readonly siteUrl: string,
  ) {}

  readonly fileUrl = pathToFileURL(join(DIST, 'octet.html')).href;

  /** Serves `folder`, the built page unless told otherwise. */
  static async start(folder: string = DIST): Promise<TestBrowser> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
      try {
        const body = readFileSync(file);
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // For measuring memory: garbage that nobody has asked for is collected when asked, in workers too.
        '--js-flags=--expose-gc',
      ],
    });
    return new TestBrowser(browser, server, `http://127.0.0.1:${address.port}/`);
  }

  /** A fresh profile with the page open in it. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    const opened = new OpenPage(context, page);
    await page.goto(url);
    return opened;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A browser for a suite, and its pages: closed after each test, in which nothing may happen that never must. */
export interface SuiteBrowser {
  readonly siteUrl: string;
  readonly fileUrl: string;
  /** Opens the site, or another address, in a fresh profile. */
  open(url?: string, options?: BrowserContextOptions): Promise<OpenPage>;
}

/** Starts a browser before the suite's tests and ends it behind them. */
export function useBrowser(): SuiteBrowser {
  let browser: TestBrowser;
  let opened: OpenPage[] = [];
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const pages = opened;
    opened = [];
    await Promise.all(pages.map((page) => page.close()));
    expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
  });
  return {
    get siteUrl() {
      return browser.siteUrl;
    },
    get fileUrl() {
      return browser.fileUrl;
    },
    async open(url = browser.siteUrl, options = {}) {
      const page = await browser.open(url, options);
      opened.push(page);
      return page;
    },
  };
}

/** A page that notes what must never happen: errors, broken policy, requests to elsewhere. */
export class OpenPage {
  readonly problems: string[] = [];

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
    context.on('request', (request) => {
      const local =
        /^(file|blob|data):/.test(request.url()) || new URL(request.url()).hostname === '127.0.0.1';
      if (!local) this.problems.push(`request: ${request.url()}`);
    });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
