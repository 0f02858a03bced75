// Options that are one of some words: programs without types may pass any.

import { OctetError } from '../wire/errors.js';

/** Throws INVALID_CONFIG unless `value` is one of the choices. */
export function checkChoice<Choice extends string>(
  option: string,
  value: Choice,
  choices: readonly Choice[],
): void {
  if (choices.includes(value)) return;
  throw new OctetError({
    code: 'INVALID_CONFIG',
    message: `${option} is ${JSON.stringify(value) ?? String(value)}; it can be ${listed(choices)}.`,
  });
}

function listed(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `'${choice}'`);
  return quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
