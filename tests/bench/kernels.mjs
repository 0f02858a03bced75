// Rows about single layers: the kernels by themselves, as a module of their own, in Chromium.

import { spawnSync } from 'node:child_process';
import { row } from './report.mjs';

/** The kernels as a module of their own, and the side module. */
function build() {
  const built = spawnSync('ninja', ['-C', 'build/wasm', 'octet_bench', 'octet'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
  });
  if (built.status !== 0) throw new Error(`octet_bench cannot be built:\n${built.stdout}${built.stderr}`);
}

export async function kernelRows(pages) {
  build();
  const found = await pages.kernels();
  return found.map(({ work, bound, rates, target }) => row(work, bound, rates, 'at least', target));
}
