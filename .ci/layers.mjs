// Holds the layers of core/, by what its files include:
// - folders keep the order of HACKING.md's table: none includes one beside or below it;
// - in a folder, neither files (a .cc and its .h as one) nor rooms, the folders in it, include each other in a circle;
// - kernels and ops have no two headers of one file name;
// - every header begins with a comment that says what it is for, and every .cc without a header of its own.
// usage: node .ci/layers.mjs    prints what is wrong, one line each
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);

/** Folders whose headers are read side by side. */
const TOLD_APART = ['kernels', 'ops'];

const problems = [];

function filesOf(...patterns) {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...patterns],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`);
  const deleted = new Set(
    spawnSync('git', ['ls-files', '--deleted'], { encoding: 'utf8' }).stdout.split('\n'),
  );
  return stdout.split('\n').filter((file) => file !== '' && !deleted.has(file));
}

/** By folder of core/, the line of HACKING.md's table that it is in. */
function lines() {
  const rows = readFileSync('HACKING.md', 'utf8').match(/^\| `core\/.*$/gm) ?? [];
  return new Map(
    rows.flatMap((row, line) => {
      const [folders] = row.slice(1).split('|');
      return [...folders.matchAll(/`core\/([a-z_]+)`/g)].map(([, folder]) => [folder, line]);
    }),
  );
}

/** Circles in a graph of Map(name, Set(name)): lists of names that reach each other. */
function circles(graph) {
  const reached = new Map([...graph.keys()].map((start) => [start, new Set()]));
  for (const [start, seen] of reached) {
    const next = [...(graph.get(start) ?? [])];
    while (next.length > 0) {
      const name = next.pop();
      if (seen.has(name)) continue;
      seen.add(name);
      next.push(...(graph.get(name) ?? []));
    }
  }
  const found = new Map();
  for (const [name, seen] of reached) {
    if (!seen.has(name)) continue;
    const circle = [...seen].filter((other) => reached.get(other)?.has(name)).sort();
    found.set(circle.join(), circle);
  }
  return [...found.values()];
}

function link(graph, from, to) {
  if (!graph.has(from)) graph.set(from, new Set());
  if (from !== to) graph.get(from).add(to);
}

const folderOf = (path) => path.split('/')[0];
const unitOf = (path) => path.replace(/\.(cc|h)$/, '');

const core = filesOf('core/*.cc', 'core/*.h').map((file) => file.slice('core/'.length));
const lineOf = lines();
const present = new Set(core.map(folderOf));

for (const folder of present) {
  if (!lineOf.has(folder)) problems.push(`core/${folder} is not in the table of folders in HACKING.md.`);
}
for (const folder of lineOf.keys()) {
  if (!present.has(folder))
    problems.push(`HACKING.md has core/${folder} in its table of folders, which is not there.`);
}

const units = new Map();
const rooms = new Map();
for (const file of core) {
  const text = readFileSync(`core/${file}`, 'utf8');
  for (const [, included] of text.matchAll(/^#include "([^"]+)"/gm)) {
    if (included.endsWith('_generated.h')) continue; // Of a schema: in no folder.
    const [from, to] = [folderOf(file), folderOf(included)];
    if (!present.has(to)) {
      problems.push(`core/${file} includes ${included}, which is in no folder of core.`);
    } else if (from === to) {
      link(units, unitOf(file), unitOf(included));
      link(rooms, dirname(file), dirname(included));
    } else if (lineOf.get(to) >= lineOf.get(from)) {
      problems.push(
        `core/${file} includes ${included}: core/${to} does not stand above core/${from} in HACKING.md.`,
      );
    }
  }
}
for (const circle of circles(units))
  problems.push(`Files include each other in a circle: ${circle.join(', ')}.`);
for (const circle of circles(rooms))
  problems.push(`Rooms include each other in a circle: ${circle.join(', ')}.`);

const headers = new Map();
for (const file of core.filter((path) => path.endsWith('.h') && TOLD_APART.includes(folderOf(path)))) {
  const same = headers.get(basename(file));
  if (same !== undefined) problems.push(`core/${same} and core/${file} have one name.`);
  headers.set(basename(file), file);
}

const described = filesOf('core/*.cc', 'core/*.h', 'bindings/embind/*.cc', 'bindings/embind/*.h');
const all = new Set(described);
for (const file of described) {
  if (file.endsWith('.cc') && all.has(file.replace(/\.cc$/, '.h'))) continue;
  if (!/^\/\/ \S+ \S/.test(readFileSync(file, 'utf8')))
    problems.push(`${file} does not begin with a comment that says what it is for.`);
}

for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
