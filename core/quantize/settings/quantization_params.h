// QuantizationParams: everything a user chooses about quantization. The same document in JSON is the CLI's
// config file, what the page copies, and what .octet files keep.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "calibrate/method.h"
#include "ir/graph.h"
#include "ir/precision.h"
#include "ir/quant_params.h"

namespace octet::quantize {

/// asymmetric: a zero point other than 0 is allowed. per_channel: one scale an output channel. bits: of
/// activations 8 or 16, of weights 8 or 4. bfloat16: no integers but BF16 (16 bits, neither asymmetric nor
/// per channel).
struct Scheme {
  bool asymmetric = false;
  bool per_channel = false;
  int bits = 8;
  bool bfloat16 = false;

  friend bool operator==(const Scheme&, const Scheme&) = default;
};

/// What a user may ask of single nodes.
enum class NodePrecision : uint8_t { Int8, Int16, BFloat16, BFloat16Int8Weights, Float };

/// What single nodes have of their own; what is absent is as for all. `activations` and `calibration` are of
/// the tensors that a node computes, and of those that share their scale. Where `precision` is absent, the
/// schemes give it, those of all nodes where the node has none; where it is there, they must agree with it.
struct NodeConfig {
  std::optional<NodePrecision> precision = {};
  std::optional<Scheme> activations = {};
  std::optional<Scheme> weights = {};
  std::optional<calibrate::Method> calibration = {};
};

/// What makes up for the mean error of a layer's sums: nothing; its bias, by what rounding its weights costs
/// at the mean input of the float graph; or by all that its sums lack on average in the quantized graph,
/// layers before it included, measured anew until that settles.
enum class BiasCorrection : uint8_t { None, Regular, Iterative };

/// How much of the activations' unevenness goes over to the weights; see smooth_quant.h.
struct SmoothQuant {
  bool enabled = false;
  double alpha = 0.5;  ///< In [0, 1]: the share of an activation's range that its weights take over.
  bool search =
      false;  ///< Alpha is searched set by set, for the least noise that rounding is expected to add.

  friend bool operator==(const SmoothQuant&, const SmoothQuant&) = default;
};

struct QuantizationParams {
  calibrate::Method calibration;
  Scheme activations = {.asymmetric = true, .per_channel = false, .bits = 8};
  Scheme weights = {.asymmetric = false, .per_channel = true, .bits = 8};
  RequantizationMode requantization = RequantizationMode::Sima;
  BiasCorrection bias_correction = BiasCorrection::None;
  /// Weights of integer nodes are rounded for a small error of the node's output on the samples.
  bool adaptive_rounding = false;
  /// Whoever shows the samples tries the methods above and below first, and leaves out those that do not
  /// help.
  bool judge_methods = false;
  /// Channels between layers are scaled before calibration; see equalization.h.
  bool channel_equalization = false;
  /// Functions that INT8 nodes look up in a table keep INT8 results. Else such a node computes in INT16 where
  /// all that read it can take that: nodes that are not INT8, outputs of the model, and ADD, SUB and MUL,
  /// which then compute in INT16 themselves. Nodes with a precision of their own keep it.
  bool prefer_int8_udf = true;
  SmoothQuant smooth_quant = {};
  /// Names of nodes that stay in float, whatever `custom_configs` say, or patterns in which '*' stands for
  /// any characters and '?' for one.
  std::set<std::string> unquantized_nodes = {};
  /// By node name, or by a pattern. A node that several match takes the entry of its exact name, else that of
  /// the last pattern in alphabetical order.
  std::map<std::string, NodeConfig> custom_configs = {};
};

/// Throws InvalidConfig naming the offending field: asymmetric weights or INT16 activations, per-channel
/// activations, a number of bits that does not exist; for single nodes also schemes that contradict their
/// precision.
void check(const QuantizationParams& params);

/// True when what calibration gathered with one set of settings is what it would gather with the other: the
/// same graph is observed, and whatever the other's method looks at is there.
bool same_statistics(const QuantizationParams& gathered, const QuantizationParams& wanted);

/// "sima" or "tflite"; throws InvalidConfig for other names.
RequantizationMode requantization_from_string(const std::string& name);

/// Parses and checks the JSON form. Unknown fields are errors: a typing mistake must not be a silent default.
QuantizationParams params_from_json(std::string_view json);
/// Canonical JSON: fixed field order, so that equal params give equal bytes.
std::string to_json(const QuantizationParams& params);
std::string to_json(const NodeConfig& config);

}  // namespace octet::quantize
