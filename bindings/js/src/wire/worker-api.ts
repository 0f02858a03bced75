// The door between main thread and workers: what a worker does, as a type. Nothing else of worker/ is known outside of it.

export type { WorkerApi } from '../worker/worker-api.js';
