// In the single-file build the library's worker is inside the page; elsewhere the library finds its own parts.

import { configure } from 'octet-quant';
import OctetWorker from 'octet-quant/worker?worker&inline';

export function setUpOctet(): void {
  if (import.meta.env.MODE === 'single') configure({ createWorker: () => new OctetWorker() });
}
