// HTML from templates in which every value is escaped.

/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

export type MarkupValue = string | number | Markup | undefined | readonly MarkupValue[];

/** HTML with the values in it: text is escaped, for elements and quoted attributes alike; undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(parts.map((part, at) => part + textOf(values[at])).join(''));
}

function textOf(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(textOf).join('') : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
