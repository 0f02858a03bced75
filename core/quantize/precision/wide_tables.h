// Which nodes of an INT8 plan compute in INT16, so that the result of a function is not rounded to 8 bits
// where its reader can take more.
#pragma once

#include <vector>

#include "ir/graph.h"
#include "partition/target.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// By node of a placed graph: true for INT8 nodes that QuantizationParams::prefer_int8_udf = false makes
/// INT16.
std::vector<bool> wide_table_nodes(const Graph& graph, const partition::Target& target,
                                   const QuantizationParams& params);

}  // namespace octet::quantize
