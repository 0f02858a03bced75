// What differs between Node and the browser for a worker; package.json's "imports" choose.

import type { Endpoint } from 'comlink';
import type { RawImage } from '../../types.js';
import type { ImageFile } from '../../wire/protocol.js';

export interface WorkerPlatform {
  readonly endpoint: Endpoint;
  /** Lets what has arrived from the main thread begin. */
  takeMessages(): Promise<void>;
  /** Turned by the orientation in its metadata; colours as stored, without colour management. */
  decodeImage(file: ImageFile): Promise<RawImage>;
}
