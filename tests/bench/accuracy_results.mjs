// What npm run bench:accuracy has measured so far: figures by what they are of, kept in a file as soon as they are there, so
// that an interrupted run goes on where it was and runs over parts add to one table.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The first 16 digits of the SHA-256 of bytes or text. */
export function hashOf(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

export class Results {
  #path;

  constructor(path) {
    this.#path = path;
  }

  /** The figures kept of `subject`, plain data that says all that they depend on; undefined where there are none. */
  get(subject) {
    return this.#all()[keyOf(subject)]?.figures;
  }

  set(subject, figures) {
    // Read anew: another run may have added to the file.
    const all = { ...this.#all(), [keyOf(subject)]: { ...subject, figures } };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(all, null, 1)}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }

  #all() {
    return existsSync(this.#path) ? JSON.parse(readFileSync(this.#path, 'utf8')) : {};
  }
}

function keyOf(subject) {
  return hashOf(JSON.stringify(subject));
}
