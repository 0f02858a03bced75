// OctetError: what every rejected call of Octet carries.

import type { OctetErrorCode, OctetErrorLocation } from './types.js';

/** The parts of an error that travel between workers and out of the core. */
export interface ErrorParts {
  readonly code: OctetErrorCode;
  readonly message: string;
  readonly where?: OctetErrorLocation;
  readonly hint?: string;
}

/** An error with a code, where it happened in the user's names, and what to do about it. */
export class OctetError extends Error {
  override readonly name = 'OctetError';
  readonly code: OctetErrorCode;
  readonly where: OctetErrorLocation;
  /** What the user can do; empty when there is nothing to say. */
  readonly hint: string;

  constructor(parts: ErrorParts) {
    super(parts.message);
    this.code = parts.code;
    this.where = parts.where ?? {};
    this.hint = parts.hint ?? '';
  }

  /** Plain data, for logs and other threads. */
  toJSON(): Required<ErrorParts> {
    return { code: this.code, message: this.message, where: this.where, hint: this.hint };
  }
}

/** `error` as an OctetError: itself, or the parts of one that came from a worker, or an unexpected one as INTERNAL. */
export function toOctetError(error: unknown): OctetError {
  if (error instanceof OctetError) return error;
  if (isErrorParts(error)) return new OctetError(error);
  const message = error instanceof Error ? error.message : String(error);
  return new OctetError({ code: 'INTERNAL', message });
}

function isErrorParts(value: unknown): value is ErrorParts {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'where' in value
  );
}
