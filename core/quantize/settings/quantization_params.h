// QuantizationParams: everything a user chooses about quantization. The same document in JSON is the CLI's
// config file, what the page copies, and what .octet files keep.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/method.h"
#include "ir/described.h"
#include "ir/graph.h"
#include "ir/limits.h"
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

  static constexpr void fields(auto&& visit) {
    visit("asymmetric", &Scheme::asymmetric);
    visit("perChannel", &Scheme::per_channel);
    visit("bits", &Scheme::bits);
    visit("bfloat16", &Scheme::bfloat16);
  }
};

/// What a user may ask of single nodes.
enum class NodePrecision : uint8_t { Int8, Int16, BFloat16, BFloat16Int8Weights, Float };
inline constexpr std::array<std::string_view, 5> kNodePrecisionNames = {"INT8", "INT16", "BFLOAT_16",
                                                                        "BFLOAT_16_INT8_WEIGHTS", "FLOAT"};
constexpr std::span<const std::string_view> names_of(NodePrecision) { return kNodePrecisionNames; }

/// What single nodes have of their own; what is absent is as for all. `activations` and `calibration` are of
/// the tensors that a node computes, and of those that share their scale. Where `precision` is absent, the
/// schemes give it, those of all nodes where the node has none; where it is there, they must agree with it.
struct NodeConfig {
  std::optional<NodePrecision> precision = {};
  std::optional<Scheme> activations = {};
  std::optional<Scheme> weights = {};
  std::optional<calibrate::Method> calibration = {};

  static constexpr void fields(auto&& visit) {
    visit("quantizationPrecision", &NodeConfig::precision);
    visit("activationScheme", &NodeConfig::activations);
    visit("weightScheme", &NodeConfig::weights);
    visit("calibration", &NodeConfig::calibration);
  }
};

/// What makes up for the mean error of a layer's sums: nothing; its bias, by what rounding its weights costs
/// at the mean input of the float graph; or by all that its sums lack on average in the quantized graph,
/// layers before it included, measured anew until that settles.
enum class BiasCorrection : uint8_t { None, Regular, Iterative };
inline constexpr std::array<std::string_view, 3> kBiasCorrectionNames = {"none", "regular", "iterative"};
constexpr std::span<const std::string_view> names_of(BiasCorrection) { return kBiasCorrectionNames; }

/// How much of the activations' unevenness goes over to the weights; see smooth_quant.h.
struct SmoothQuant {
  bool enabled = false;
  double alpha = 0.5;  ///< The share of an activation's range that its weights take over.
  bool search =
      false;  ///< Alpha is searched set by set, for the least noise that rounding is expected to add.

  static constexpr void fields(auto&& visit) {
    visit("enabled", &SmoothQuant::enabled);
    visit("alpha", &SmoothQuant::alpha);
    visit("search", &SmoothQuant::search);
  }
};
inline constexpr Limits kSmoothQuantLimits[] = {{.name = "alpha", .least = 0, .most = 1}};

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

  static constexpr void fields(auto&& visit) {
    visit("calibration", &QuantizationParams::calibration);
    visit("activations", &QuantizationParams::activations);
    visit("weights", &QuantizationParams::weights);
    visit("requantization", &QuantizationParams::requantization);
    visit("biasCorrection", &QuantizationParams::bias_correction);
    visit("adaptiveRounding", &QuantizationParams::adaptive_rounding);
    visit("judgeMethods", &QuantizationParams::judge_methods);
    visit("channelEqualization", &QuantizationParams::channel_equalization);
    visit("preferInt8Udf", &QuantizationParams::prefer_int8_udf);
    visit("smoothQuant", &QuantizationParams::smooth_quant);
    visit("unquantizedNodes", &QuantizationParams::unquantized_nodes);
    visit("customQuantizationConfigs", &QuantizationParams::custom_configs);
  }
};

/// Throws InvalidConfig naming the offending field: asymmetric weights or INT16 activations, per-channel
/// activations, a number of bits that does not exist; for single nodes also schemes that contradict their
/// precision.
void check(const QuantizationParams& params);

/// True when what calibration gathered with one set of settings is what it would gather with the other: the
/// same graph is observed, and whatever the other's method looks at is there.
bool same_statistics(const QuantizationParams& gathered, const QuantizationParams& wanted);

/// Settings to start from, by name.
struct Preset {
  std::string_view name;
  QuantizationParams params;
};
std::vector<Preset> presets();

/// {"choices": {field: [names]}, "histogramMethods": [names], "limits": {field: {"least", "most",
/// "aboveLeast", "powerOfTwo", "inWords"}}, "presets": {name: settings}} as JSON: what other languages need
/// to know of settings.
std::string settings_table();

/// "sima" or "tflite"; throws InvalidConfig for other names.
RequantizationMode requantization_from_string(const std::string& name);

/// Parses and checks the JSON form. Unknown fields are errors: a typing mistake must not be a silent default.
QuantizationParams params_from_json(std::string_view json);
/// Canonical JSON: fixed field order, so that equal params give equal bytes.
std::string to_json(const QuantizationParams& params);
std::string to_json(const NodeConfig& config);

}  // namespace octet::quantize
