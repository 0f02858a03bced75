// Lays networks out off the main thread.

import { type LayoutInput, layoutLayered } from './layered';

self.onmessage = (event: MessageEvent<{ readonly id: number; readonly input: LayoutInput }>): void => {
  self.postMessage({ id: event.data.id, result: layoutLayered(event.data.input) });
};
