// Writes small .onnx files, field by field.

/** A protocol buffer: fields of text or bytes, or of one number. */
export function message(...fields: readonly [number, number | string | Uint8Array][]): Uint8Array {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)];
  return Uint8Array.from(
    fields.flatMap(([field, value]) => {
      if (typeof value === 'number') return [...varint(field * 8), ...varint(value)];
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

/** A node without attributes. */
export const node = (op: string, inputs: readonly string[], output: string): Uint8Array =>
  message(...inputs.map((name): [number, string] => [1, name]), [2, output], [4, op]);

/** The declaration of a float32 value; a dimension with a name is open. */
export const value = (name: string, dims: readonly (number | string)[]): Uint8Array => {
  const shape = message(
    ...dims.map((dim): [number, Uint8Array] => [
      1,
      typeof dim === 'number' ? message([1, dim]) : message([2, dim]),
    ]),
  );
  return message([1, name], [2, message([1, message([1, 1], [2, shape])])]);
};

/** A file of opset 17. Fields of the graph: 1 a node, 5 a constant, 11 an input, 12 an output. */
export const model = (...graph: readonly [number, Uint8Array][]): Uint8Array =>
  message([1, 8], [7, message(...graph)], [8, message([2, 17])]);
