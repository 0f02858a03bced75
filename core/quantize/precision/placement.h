// Decides which precision each node computes in, and with it where it runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "partition/partition.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// How one node is to be quantized.
struct NodeFormat {
  Precision precision = Precision::Int8;
  bool bfloat16_weights = false;
  Scheme weights = {};  ///< Of weights that are integers.
  /// Whether INT8 activations may have a zero point, where the node has a scheme of its own.
  std::optional<bool> asymmetric = {};
};

/// What the settings ask of a node: its entry in `custom_configs`, and what that leaves out as for all. BF16
/// weights bring BF16 activations with them.
NodeFormat format_of(const QuantizationParams& params, const Node& node);

/// The settings with the whole names of nodes in place of short ones. Throws InvalidConfig where a name is
/// short for several nodes, and where two entries are for the same node.
QuantizationParams with_whole_names(const Graph& graph, const QuantizationParams& params);

/// The entry of `custom_configs` that stands for the node, if any: that of its name, else the last pattern's.
const NodeConfig* config_of(const QuantizationParams& params, const Node& node);

/// True when the node's own entry decides in what it computes.
bool has_own_precision(const QuantizationParams& params, const Node& node);

/// True when the settings name the node, or a pattern does, to say in what it computes: float included.
bool is_precision_given(const QuantizationParams& params, const Node& node);

/// The calibration methods of tensors whose node has one of its own.
std::map<TensorId, calibrate::Method> own_methods(const Graph& graph, const QuantizationParams& params);

/// Places every node of a prepared float graph, each in the precision that the settings ask for (sets
/// Node::placement); a node that the target does not run in that precision stays in float, and its sentence
/// says so. Throws InvalidConfig where a name matches no node, and where BF16 is asked of a target that lacks
/// it.
partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params);

/// The same once calibration has seen the values of the graph: nodes that join what one scale cannot hold
/// leave it; see unequal_parts.h.
partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params,
                        const calibrate::Calibrator& calibration);

/// By node of a float graph: whether it may compute in INT16 in place of INT8. The target runs it so, it has
/// no precision of its own, and it is no part of a normalization, which the accelerator runs as a whole.
std::vector<bool> may_compute_in_int16(const Graph& graph, const partition::Target& target,
                                       const QuantizationParams& params);

/// Sentences about what the settings do that a user may not expect, for the report.
std::vector<std::string> precision_warnings(const QuantizationParams& params);

}  // namespace octet::quantize
