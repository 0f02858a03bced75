// The one place that chooses where the wasm SIMD intrinsics come from: the compiler, or SIMDe on native
// builds.
#pragma once

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/wasm/simd128.h>
#endif
