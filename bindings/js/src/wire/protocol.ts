// What main thread and workers say to each other.

import { transferHandlers } from 'comlink';
import type { Tensor } from '../types.js';
import { type ErrorParts, OctetError } from './errors.js';

/** An image file: its path (Node), its bytes, or a blob. */
export type ImageFile = string | Uint8Array | Blob;

/** An input as it is sent to a worker; images are decoded there. */
export type EncodedInput =
  | { readonly kind: 'tensor'; readonly tensor: Tensor }
  | {
      readonly kind: 'image';
      readonly file: ImageFile;
      readonly name: string;
      /** JSON. */
      readonly preprocessing: string;
    };

export interface EncodedSample {
  readonly inputs: Readonly<Record<string, EncodedInput>>;
  /** Its place among the samples of a call, for messages. */
  readonly index?: number;
}

/** A file beside a model that holds constants of it; the model names it by this path. */
export interface ExternalFile {
  readonly path: string;
  readonly contents: Uint8Array;
}

/** A file that workers open, each for itself, when they first need it. */
export type Artifact =
  | {
      readonly id: string;
      readonly kind: 'net';
      readonly bytes: Uint8Array;
      /** JSON. */
      readonly options: string;
      readonly externalData: readonly ExternalFile[];
    }
  /** `float`: the float model in the file of a quantized one. */
  | { readonly id: string; readonly kind: 'model' | 'float'; readonly bytes: Uint8Array };

/** A model that a worker has made, and keeps open: its .octet file, and what the core says about it. */
export interface FinishedModel {
  readonly bytes: Uint8Array;
  /** JSON. */
  readonly info: string;
}

/** What a run gave, and what was noticed about its sample where that was asked for. */
export interface LookedAt {
  readonly results: Uint8Array[];
  readonly noticed?: Uint8Array;
}

/** A net or model as what has to be sent to workers knows it. */
export interface ArtifactHolder {
  readonly artifact: Artifact;
}

export function holdsArtifact<T extends object>(value: T): value is T & ArtifactHolder {
  return 'artifact' in value;
}

/** The core of a worker crashed; the worker cannot be used again. */
export class WorkerCrash extends OctetError {}

interface ThrownParts extends ErrorParts {
  readonly crashed: boolean;
}

/** Makes thrown errors arrive as what they were; Comlink alone keeps only their messages. */
export function sendErrorsWhole(): void {
  const thrown = transferHandlers.get('throw');
  if (thrown === undefined) throw new Error('Comlink has no handler for errors.');
  transferHandlers.set('throw', {
    canHandle: thrown.canHandle,
    serialize: ({ value }: { value: unknown }): [ThrownParts, Transferable[]] => {
      if (value instanceof OctetError) return [{ ...value.toJSON(), crashed: false }, []];
      // The core reports its errors as values, so this is a trap or a defect: its memory cannot be trusted any more.
      const message = `A worker stopped unexpectedly: ${value instanceof Error ? value.message : String(value)}`;
      return [
        { code: 'INTERNAL', message, hint: 'Please report this with the model, if you can.', crashed: true },
        [],
      ];
    },
    deserialize: ({ crashed, ...parts }: ThrownParts): never => {
      throw crashed ? new WorkerCrash(parts) : new OctetError(parts);
    },
  });
}
