// The module with relaxed SIMD shares the core's memory and no more: it must bring none of its own.

import { readFileSync } from 'node:fs';
// The core itself is no part of the API.
import { instantiate } from '../../bindings/js/dist/worker/core.js';
import { ROOT } from './support/fashion.js';

const FUNCTIONS = [
  'octet_depthwise_dots',
  'octet_dot_sums',
  'octet_fused_depthwise',
  'octet_fused_gemm_4',
  'octet_fused_gemm_6',
];

/** Ids of a module's sections, as its format gives them. */
const SECTION = { type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 };

/** Reads numbers of the module's format from `at` on. */
function reader(bytes: Uint8Array, at: number) {
  let position = at;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position] ?? 0;
      position += 1;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const length = number();
    position += length;
    return new TextDecoder().decode(bytes.subarray(position - length, position));
  };
  return {
    number,
    text,
    skip: (count: number) => (position += count),
    isAtEnd: () => position >= bytes.length,
  };
}

function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const module = reader(bytes, 8);
  while (!module.isAtEnd()) {
    const id = module.number();
    const length = module.number();
    const end = module.skip(length);
    found.set(id, bytes.subarray(end - length, end));
  }
  return found;
}

let bytes: Uint8Array;

beforeAll(async () => {
  const wasm = readFileSync(`${ROOT}/bindings/js/dist/octet.wasm`);
  const core = await instantiate(new WebAssembly.Module(wasm));
  bytes = core.sideModule();
});

test('holds code, and neither data nor a table nor memory', () => {
  expect([...sections(bytes).keys()].sort((a, b) => a - b)).toEqual(Object.values(SECTION));
});

test('imports the memory alone', () => {
  const imports = reader(sections(bytes).get(SECTION.import) ?? new Uint8Array(), 0);
  expect(imports.number()).toBe(1);
  expect([imports.text(), imports.text(), imports.number()]).toEqual(['env', 'memory', 2]);
});

test('exports its functions alone', () => {
  const exports = reader(sections(bytes).get(SECTION.export) ?? new Uint8Array(), 0);
  const names = Array.from({ length: exports.number() }, () => {
    const name = exports.text();
    expect(exports.number()).toBe(0);
    exports.number();
    return name;
  });
  expect(names.sort()).toEqual(FUNCTIONS);
});

test('has no global but the stack pointer that the linker always makes', () => {
  expect(reader(sections(bytes).get(SECTION.global) ?? new Uint8Array(), 0).number()).toBe(1);
});
