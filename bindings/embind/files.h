// Calls whose results are large: what they write goes straight into JavaScript's memory, so that the core's
// never holds it twice.
#pragma once

#include <emscripten/val.h>

#include <string>

#include "pipeline/net.h"

namespace octet::binding {

using emscripten::val;

/// The memory of an input as a Uint8Array, for the sample to be written into; valid until the core's memory
/// grows.
val input(pipeline::Sample& sample, int i);
val set_image(pipeline::Sample& sample, int i, const val& rgba, int width, int height,
              const std::string& preprocessing);
/// A list of Uint8Arrays: what each tensor of `tensors`, a JSON list of indices, holds.
val run(pipeline::Runner& runner, const std::string& tensors);

/// A file, or null where there is no further pass.
val draft(pipeline::QuantizationPasses& passes);
val to_tflite(const pipeline::QuantizedModel& model, const std::string& io_type);
val net_to_tflite(const pipeline::Net& net);

// {file, model}: a .octet file, and the handle of the model that it holds.
val finish(pipeline::QuantizationPasses& passes, const std::string& options);
val convert(const pipeline::Net& net, const std::string& options);
val create_auxiliary_network(const std::string& options);
/// `files`: a list of Uint8Arrays.
val compose(const val& files, const std::string& options);

}  // namespace octet::binding
