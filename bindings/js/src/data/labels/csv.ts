// Tables in CSV files, with the line that each row begins in.

import Papa from 'papaparse';
import { OctetError } from '../../wire/errors.js';
import { readSource } from '../source.js';

/** A row by the names of its columns. */
export interface Row {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** A column, and the names that it may have; letter case does not matter. */
export interface Column {
  readonly name: string;
  readonly also?: readonly string[];
  readonly optional?: true;
}

/** A CSV file's rows, under the names of `columns`. Cells of columns that must be there are not empty. */
export class Table {
  readonly name: string;
  readonly rows: readonly Row[];

  constructor(name: string, text: string, columns: readonly Column[]) {
    this.name = name;
    const { data, errors } = Papa.parse<string[]>(text, { delimitersToGuess: [',', ';', '\t'] });
    const lines = linesOf(data);
    // A table of one column has no delimiter, which is no error of the file.
    const error = errors.find(({ type }) => type !== 'Delimiter');
    if (error !== undefined) throw this.error(lines[error.row ?? 0] ?? 1, lowerFirst(error.message));
    const [header, ...rows] = data
      .map((cells, index) => ({ line: lines[index] ?? 1, cells }))
      .filter(isFilled);
    if (header === undefined) throw this.error(1, 'there is no header', columnsHint(columns));
    const places = this.#places(header, columns);
    this.rows = rows.map((row) => this.#row(row, header.cells.length, places, columns));
  }

  /** What is wrong with a line. */
  error(line: number, problem: string, hint = ''): OctetError {
    return new OctetError({
      code: 'INVALID_INPUT',
      message: `'${this.name}', line ${line}: ${problem}.`,
      hint,
    });
  }

  /** Where each column is. */
  #places({ line, cells }: Line, columns: readonly Column[]): ReadonlyMap<string, number> {
    const given = cells.map((cell) => cell.trim().toLowerCase());
    const places = new Map<string, number>();
    for (const { name, also = [], optional } of columns) {
      const found = [...given.keys()].filter((at) => [name, ...also].includes(given[at] ?? ''));
      const [place] = found;
      if (found.length > 1) throw this.error(line, `there are ${found.length} columns for '${name}'`);
      if (place !== undefined) places.set(name, place);
      else if (!optional) throw this.error(line, `there is no column '${name}'`, columnsHint(columns));
    }
    return places;
  }

  #row(
    { line, cells }: Line,
    width: number,
    places: ReadonlyMap<string, number>,
    columns: readonly Column[],
  ): Row {
    if (cells.length !== width)
      throw this.error(line, `it has ${cells.length} cells, and the header has ${width}`);
    const named = new Map([...places].map(([name, place]) => [name, (cells[place] ?? '').trim()]));
    const missing = columns.find(({ name, optional }) => !optional && named.get(name) === '');
    if (missing !== undefined) throw this.error(line, `'${missing.name}' is empty`);
    return { line, cells: named };
  }
}

/** Reads a CSV file from its path (Node), URL, blob or bytes. */
export async function readTable(
  source: Uint8Array | Blob | string | URL,
  columns: readonly Column[],
): Promise<Table> {
  const name = source instanceof Blob || source instanceof Uint8Array ? nameOf(source) : String(source);
  const bytes = await readSource(source);
  let text: string;
  try {
    // Not the bytes themselves: they may be in shared memory, which decoders refuse.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice());
  } catch {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `'${name}' is not text in UTF-8.`,
      hint: columnsHint(columns),
    });
  }
  return new Table(name, text, columns);
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

function isFilled({ cells }: Line): boolean {
  return cells.some((cell) => cell.trim() !== '');
}

/** The line that each row begins in: quoted cells may go over several. */
function linesOf(rows: readonly (readonly string[])[]): readonly number[] {
  const lines: number[] = [];
  let line = 1;
  for (const cells of rows) {
    lines.push(line);
    line += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
  }
  return lines;
}

function columnsHint(columns: readonly Column[]): string {
  const names = (optional: boolean) =>
    columns
      .filter((column) => (column.optional ?? false) === optional)
      .map(({ name }) => name)
      .join(',');
  const more = names(true);
  return `The file is CSV whose first line names its columns: ${names(false)}${more === '' ? '' : `, and if need be ${more}`}.`;
}

function nameOf(source: Blob | Uint8Array): string {
  return 'name' in source && typeof source.name === 'string' ? source.name : 'labels';
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
