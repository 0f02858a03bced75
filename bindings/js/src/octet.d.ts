// Emscripten's glue, written beside the compiled files by bindings/embind/CMakeLists.txt.
import type { Core } from './worker/core.js';

interface Options {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
}

// biome-ignore lint/style/noDefaultExport: what Emscripten writes
export default function createOctetCore(options: Options): Promise<Core>;
