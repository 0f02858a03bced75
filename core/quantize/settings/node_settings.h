// What the settings say of a node: its own entry, that of a pattern, or what holds for all.
#pragma once

#include <map>
#include <optional>

#include "calibrate/method.h"
#include "ir/graph.h"
#include "ir/precision.h"
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

/// True where a precision can be added to what the node has of its own: an entry of its own name would hide
/// what a pattern says.
bool can_be_given_a_precision(const QuantizationParams& params, const Node& node);

/// Whether INT8 activations of nodes without a scheme of their own may have a zero point: as the settings
/// say, and where they ask for other activations in general, as the default does.
bool int8_is_asymmetric(const QuantizationParams& params);

/// The calibration methods of tensors whose node has one of its own.
std::map<TensorId, calibrate::Method> own_methods(const Graph& graph, const QuantizationParams& params);
/// That of a tensor: its own of `own_methods()`, else that of all.
const calibrate::Method& method_of(TensorId id, const std::map<TensorId, calibrate::Method>& own,
                                   const QuantizationParams& params);

}  // namespace octet::quantize
