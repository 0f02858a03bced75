// The Content-Security-Policy of the page: nothing but its own files, no network but its own origin.

import type { Plugin } from 'vite';

/** `scripts` and `styles` are the sources besides the keywords that every build has. */
export function policy(scripts: string, styles: string, connections: string): string {
  return [
    "default-src 'none'",
    `script-src ${scripts} 'wasm-unsafe-eval'`,
    `style-src ${styles}`,
    `worker-src 'self' blob:`,
    "img-src 'self' blob: data:",
    `connect-src ${connections}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

export function contentSecurityPolicy(): Plugin {
  return {
    name: 'octet-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: {
          'http-equiv': 'Content-Security-Policy',
          content: policy("'self'", "'self'", "'self'"),
        },
        injectTo: 'head-prepend',
      },
    ],
  };
}
