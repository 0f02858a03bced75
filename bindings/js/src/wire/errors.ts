// OctetError: what every rejected call of Octet carries.

/** What went wrong, as a closed set. */
export type OctetErrorCode =
  /** The bytes are not a well-formed file of the expected format. */
  | 'INVALID_FILE'
  /** The model holds operators, or variants of them, that Octet does not know. */
  | 'UNSUPPORTED_OPERATOR'
  /** The model is well-formed but of a kind that Octet cannot process. */
  | 'UNSUPPORTED_MODEL'
  /** A shape is inconsistent, dynamic without a given size, or too large. */
  | 'INVALID_SHAPE'
  /** A tensor or image handed in does not fit the model. */
  | 'INVALID_INPUT'
  /** Quantization settings contradict each other or the target. */
  | 'INVALID_CONFIG'
  /** Calibration was asked for with no sample. */
  | 'EMPTY_CALIBRATION'
  /** The caller's AbortSignal fired. */
  | 'CANCELLED'
  /** An allocation did not fit. */
  | 'OUT_OF_MEMORY'
  /** The browser or Node lacks something that Octet needs, such as WebAssembly SIMD. */
  | 'UNSUPPORTED_ENVIRONMENT'
  /** A defect of Octet itself. */
  | 'INTERNAL';

/** Where it went wrong, in the user's own names. */
export interface OctetErrorLocation {
  readonly node?: string;
  readonly tensor?: string;
  readonly input?: string;
  readonly byteOffset?: number;
}

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
