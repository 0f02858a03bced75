// Networks of transforms, and networks composed of others.
#pragma once

#include <emscripten/val.h>

#include <string>

namespace octet::binding {

using emscripten::val;

/// A network of transforms, as Quantization::finish() returns it. `options`: {"name", "target", "transforms",
/// "inputTypes": [{"name", "dtype", "shape", "quantization"?}], "octetVersion"}.
val create_auxiliary_network(const std::string& options);

/// One model of the .octet files in a list of Uint8Arrays, likewise. `options`: {"name"?, "octetVersion"};
/// without a name it has that of the first part that was quantized.
val compose(const val& files, const std::string& options);

/// The JSON of a transform that does what a preprocessing does. `options`: {"preprocessing", "imageShape",
/// "inputType": {"name", "dtype", "shape", "quantization"?}}.
val preprocessing_transform(const std::string& options);

}  // namespace octet::binding
