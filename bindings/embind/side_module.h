// The module with relaxed SIMD (core/kernels/relaxed), which octet.wasm carries as data.
#pragma once

#include <emscripten/val.h>

#include <string>

namespace octet::binding {

/// Its bytes, as a Uint8Array.
emscripten::val side_module();
/// Takes into use its function of that name, which is at `index` of the table; false where it is not exact
/// here, or there is no such function.
bool use_side_function(const std::string& name, int index);

}  // namespace octet::binding
