// Holds that no TypeScript files need each other in a circle to run. (Interfaces may refer to each other.) Prints the circles,
// one a line.
// usage: node .ci/import-circles.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);

const { stdout, status, stderr } = spawnSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', 'bindings/*.ts', 'web/src/*.ts', 'web/src/*.tsx'],
  { encoding: 'utf8' },
);
if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`);
const files = stdout.split('\n').filter((file) => file !== '' && existsSync(file));

/** The file that a relative import means, if it is one of ours. */
function fileOf(importer, path) {
  const base = normalize(join(dirname(importer), path.replace(/\.js$/, '')));
  return [`${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((file) => files.includes(file));
}

/** What is between `import` and `from` names types alone, which leave nothing behind. */
function isTypeOnly(names) {
  if (names.startsWith('type ')) return true;
  const listed = names.match(/^\{([^}]*)\}$/)?.[1].split(',') ?? [];
  const named = listed.map((name) => name.trim()).filter((name) => name !== '');
  return named.length > 0 && named.every((name) => name.startsWith('type '));
}

const imports = new Map(
  files.map((file) => {
    const found = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+([^'";]*?)\s*from\s+'(\.[^']*)'/gm);
    const paths = [...found].filter(([, names]) => !isTypeOnly(names)).map(([, , path]) => fileOf(file, path));
    return [file, paths.filter((path) => path !== undefined)];
  }),
);

/** Circles by depth-first search: what is met again while it is still open. */
const circles = new Set();
const state = new Map();
function visit(file, path) {
  state.set(file, 'open');
  for (const next of imports.get(file) ?? []) {
    if (state.get(next) === 'open') circles.add([...path.slice(path.indexOf(next)), next].join(' -> '));
    else if (!state.has(next)) visit(next, [...path, next]);
  }
  state.set(file, 'done');
}
for (const file of files) if (!state.has(file)) visit(file, [file]);
for (const circle of circles) console.log(circle);
process.exitCode = circles.size > 0 ? 1 : 0;
