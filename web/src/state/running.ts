// The run that is under way, if there is one.

let running: AbortController | undefined;

/** Begins a run, which cancel() ends. */
export function begin(): AbortController {
  running = new AbortController();
  return running;
}

export function ended(): void {
  running = undefined;
}

export function cancel(): void {
  running?.abort();
}
