// A .tflite of any number of nodes, for measuring: elementwise operators in a chain, with ADDs over short and long skips.

/** A part of a FlatBuffer: a 32-bit scalar, or something that is referred to. */
type Value =
  | number
  | string
  | { readonly fields: readonly (Value | undefined)[] }
  | { readonly integers: readonly number[] }
  | { readonly items: readonly Value[] };

/** Writes parents before their children, so that all offsets point forward as the format wants. */
class FlatBufferWriter {
  readonly #bytes: number[] = [];

  write(root: Value, identifier: string): Uint8Array {
    this.#u32(0);
    for (const character of identifier) this.#bytes.push(character.charCodeAt(0));
    this.#refer(0, root);
    return Uint8Array.from(this.#bytes);
  }

  /** Appends `value` and lets the reference at `at` point to it. */
  #refer(at: number, value: Value): void {
    this.#align();
    const start =
      typeof value === 'object' && 'fields' in value ? this.#vtable(value.fields) : this.#bytes.length;
    this.#set(at, start - at);
    if (typeof value === 'string') {
      this.#u32(value.length);
      for (const character of value) this.#bytes.push(character.charCodeAt(0));
      this.#bytes.push(0);
    } else if (typeof value === 'object' && 'integers' in value) {
      this.#u32(value.integers.length);
      for (const integer of value.integers) this.#u32(integer);
    } else if (typeof value === 'object') {
      const children = 'fields' in value ? value.fields.filter((field) => field !== undefined) : value.items;
      this.#u32(
        'fields' in value
          ? 4 + 2 * value.fields.length + this.#padding(value.fields.length)
          : children.length,
      );
      const first = this.#bytes.length;
      for (const child of children) this.#u32(typeof child === 'number' ? child : 0);
      children.forEach((child, index) => {
        if (typeof child !== 'number') this.#refer(first + 4 * index, child);
      });
    }
  }

  /** Appends the table of where fields lie, and returns where the table itself begins. */
  #vtable(fields: readonly (Value | undefined)[]): number {
    const present = fields.filter((field) => field !== undefined).length;
    this.#u16(4 + 2 * fields.length);
    this.#u16(4 + 4 * present);
    let offset = 4;
    for (const field of fields) {
      this.#u16(field === undefined ? 0 : offset);
      if (field !== undefined) offset += 4;
    }
    this.#align();
    return this.#bytes.length;
  }

  #padding(fields: number): number {
    return (4 + 2 * fields) % 4;
  }

  #align(): void {
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
  }

  #u16(value: number): void {
    this.#bytes.push(value & 255, (value >> 8) & 255);
  }

  #u32(value: number): void {
    this.#u16(value & 0xffff);
    this.#u16(value >>> 16);
  }

  #set(at: number, value: number): void {
    for (let byte = 0; byte < 4; ++byte) this.#bytes[at + byte] = (value >>> (8 * byte)) & 255;
  }
}

const ADD = 0;
const LOGISTIC = 14;
const TANH = 28;
const SHAPE = [1, 8, 8, 4];

export function longModel(nodes: number): Uint8Array {
  const operators: Value[] = [];
  for (let node = 0; node < nodes; ++node) {
    // Tensor n is what node n reads; ADD also reads one of some nodes before.
    const skip = node % 17 === 16 && node > 60 ? 57 : node % 5 === 4 ? 4 : 0;
    const code = skip > 0 ? 0 : 1 + (node % 2);
    const inputs = skip > 0 ? [node, node - skip] : [node];
    operators.push({ fields: [code, { integers: inputs }, { integers: [node + 1] }] });
  }
  const tensors = Array.from({ length: nodes + 1 }, (_, index) => ({
    fields: [{ integers: SHAPE }, undefined, 0, index === 0 ? 'image' : `block_${index}/out`],
  }));
  const subgraph = {
    fields: [{ items: tensors }, { integers: [0] }, { integers: [nodes] }, { items: operators }, 'main'],
  };
  const codes = [ADD, LOGISTIC, TANH].map((code) => ({ fields: [undefined, undefined, 1, code] }));
  return new FlatBufferWriter().write(
    { fields: [3, { items: codes }, { items: [subgraph] }, '', { items: [{ fields: [] }] }] },
    'TFL3',
  );
}
