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

/** `error` as an OctetError: itself, or INTERNAL with its message. */
export function toOctetError(error: unknown): OctetError {
  if (error instanceof OctetError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new OctetError({ code: 'INTERNAL', message });
}

/** The error of a call whose AbortSignal fired. */
export function cancelled(): OctetError {
  return new OctetError({ code: 'CANCELLED', message: 'The call was cancelled.' });
}
