// Provides 'virtual:embedded': the files of a folder in base64 by their path on the site, or none.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

const NAME = 'virtual:embedded';

export function embeddedFiles(folder: string | undefined): Plugin {
  let root = '';
  return {
    name: 'octet-embedded-files',
    configResolved(config) {
      root = config.root;
    },
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const files =
        folder === undefined
          ? {}
          : Object.fromEntries(
              filesIn(join(root, folder)).map((path) => [sitePath(root, path), base64(path)]),
            );
      return `export const embedded = ${JSON.stringify(files)};`;
    },
  };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function sitePath(root: string, path: string): string {
  return relative(join(root, 'public'), path).replaceAll('\\', '/');
}

function base64(path: string): string {
  return readFileSync(path).toString('base64');
}
