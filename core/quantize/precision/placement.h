// Decides which precision each node computes in, and with it where it runs.
#pragma once

#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "partition/partition.h"
#include "quantize/ranges/relevant_values.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// Places every node of a prepared float graph, each in the precision that the settings ask for (sets
/// Node::placement); a node that the target does not run in that precision stays in float, and its sentence
/// says so. Throws InvalidConfig where a name matches no node, and where BF16 is asked of a target that lacks
/// it.
partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params);

/// The same once calibration has seen the values of the graph: nodes that join what one scale cannot hold
/// leave it; see unequal_parts.h. `relevant` is of the graph and the calibration.
partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params,
                        const calibrate::Calibrator& calibration, const RelevantValues& relevant);

/// By node of a float graph: whether it may compute in INT16 in place of INT8. The target runs it so, it has
/// no precision of its own, and it is no part of a normalization, which the accelerator runs as a whole.
std::vector<bool> may_compute_in_int16(const Graph& graph, const partition::Target& target,
                                       const QuantizationParams& params);

/// Sentences about what the settings do that a user may not expect, for the report.
std::vector<std::string> precision_warnings(const QuantizationParams& params);

}  // namespace octet::quantize
