// Puts scripts, styles and icon into the page itself. The policy then names the one script by its hash, so that no
// other can run, and allows no network at all.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { policy } from './security-policy.ts';

export function singleFile(fileName: string): Plugin {
  let root = '';
  return {
    name: 'octet-single-file',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      root = config.root;
    },
    generateBundle(_, bundle) {
      const page = bundle['index.html'];
      if (page?.type !== 'asset') throw new Error('The build has no index.html.');
      const files = Object.values(bundle);
      const script = files
        .flatMap((file) => (file.type === 'chunk' ? [file.code] : []))
        .join('\n')
        .replaceAll('</script', '<\\/script');
      const style = files
        .flatMap((file) =>
          file.type === 'asset' && file.fileName.endsWith('.css') ? [String(file.source)] : [],
        )
        .join('\n');
      const icon = readFileSync(join(root, 'public/icon.svg')).toString('base64');
      const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
      const head = [
        `<meta http-equiv="Content-Security-Policy" content="${policy(`${hash(script)} blob:`, hash(style), 'data: blob:')}">`,
        `<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,${icon}">`,
        `<style>${style}</style>`,
      ].join('\n');
      const bare = String(page.source)
        .replaceAll(/<link rel="(stylesheet|manifest|icon|modulepreload)"[^>]*>\s*/g, '')
        .replaceAll(/<script type="module"[^>]*><\/script>\s*/g, '');
      const source = bare
        .replace('<meta charset="utf-8" />', () => `<meta charset="utf-8" />\n${head}`)
        .replace('</body>', () => `<script type="module">${script}</script>\n</body>`);
      for (const name of Object.keys(bundle)) delete bundle[name];
      this.emitFile({ type: 'asset', fileName, source });
    },
  };
}

/** Workers are handed the compiled core; the address in the core's glue would put its bytes into the page once more. */
export function coreOnce(): Plugin {
  return {
    name: 'octet-core-once',
    transform: {
      filter: { id: /bindings\/js\/dist\/octet\.js/ },
      handler: (code) =>
        code.replace(/new URL\((["'])octet\.wasm\1,\s*import\.meta\.url\)/, "new URL('about:blank')"),
    },
  };
}
