// A core that cannot be instantiated: every call says so, and none waits for ever.

import { configure, loadModel, Model } from 'octet-quant';
// What becomes of an engine's failure shows only inside a worker.
import { instantiate } from '../../bindings/js/dist/worker/core.js';
import { expectRejection, FASHION_MODEL, rejection } from './support/fashion.js';

/** A module that imports a function of no core: (module (import "no" "core" (func))). */
const FOREIGN = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 11, 1, 2, 110, 111, 4, 99, 111, 114, 101, 0, 0,
]);

test('of a module that is another', async () => {
  configure({ wasm: FOREIGN });
  for (let time = 0; time < 2; time += 1) {
    const error = await rejection(loadModel(FASHION_MODEL, { workers: 2 }));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toMatch(/not the core of this version of Octet: .*import/i);
    expect(error.hint).toMatch(/octet\.wasm/);
  }
  await expectRejection(Model.load(new Uint8Array(8)), 'INVALID_CONFIG', /not the core/);
});

describe('where the engine', () => {
  const { instantiate: usual } = WebAssembly;
  const module = new WebAssembly.Module(FOREIGN);
  const failWith = (error: Error): void => {
    WebAssembly.instantiate = (() => Promise.reject(error)) as () => Promise<never>;
  };

  afterEach(() => {
    WebAssembly.instantiate = usual;
  });

  test('has no memory for it', async () => {
    failWith(new RangeError('cannot allocate'));
    await expectRejection(instantiate(module), 'OUT_OF_MEMORY', /cannot allocate/);
  });

  test('fails otherwise', async () => {
    failWith(new Error('a defect of the engine'));
    await expect(instantiate(module)).rejects.toThrow('a defect of the engine');
  });
});
