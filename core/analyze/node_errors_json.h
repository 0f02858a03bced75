// How far the nodes of a quantized model are from its float model, and why, as a JSON document.
#pragma once

#include <string>

#include "analyze/layer_error.h"

namespace octet::analyze {

/// [{"node", "label", "operator", "unit", figures, "local": figures, "saturation",
///   "noise"?: {"weights", "activations"},
///   "causes": [{"kind", "sentence", "remedy", "channels"?, "share"?, "noiseShare"?, "bits"?}],
///   "parts"?: [{"axis", "channels", channel, "step"?, "lost", "weak"}],
///   "outputs"?: [{"output", "node", channel, "parts", "warnings"}],
///   "channels"?: [channel]}], in network order; "channels" where `per_channel`. Figures are "sqnr", "mse",
/// "mae", "cosine" and "maxError"; of a channel, "low", "high", "sqnr", "mse" and "local": {"sqnr", "mse"}.
std::string node_errors_json(const LayerErrorAnalyzer& analyzer, bool per_channel);

}  // namespace octet::analyze
