#include "quantize/quantize.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "ir/unique_name.h"
#include "ops/operator.h"
#include "quantize/activation_plan.h"
#include "quantize/precision_plan.h"
#include "quantize/weights.h"

namespace octet::quantize {
namespace {

using ops::OutputQuantization;

/// Doubling a scale this often covers any float32 ratio; more means a defect.
constexpr int kMaxDoublings = 300;

/// What tells the name of a converted copy from the model's own.
std::string_view suffix_of(Precision precision) {
  switch (precision) {
    case Precision::Int8:
      return "_int8";
    case Precision::Int16:
      return "_int16";
    case Precision::BFloat16:
      return "_bfloat16";
    case Precision::Float32:
      break;
  }
  return "_float";
}

/// Builds the quantized graph node by node.
class Quantizer {
 public:
  /// `observed` gives the extremes of a float activation, for the record.
  Quantizer(const Graph& source, ActivationPlan plan, const QuantizationParams& params,
            std::vector<std::string> warnings, std::function<calibrate::Range(TensorId)> observed)
      : source_(source),
        params_(params),
        observed_(std::move(observed)),
        plan_(std::move(plan)),
        produced_in_(source.tensors.size(), Precision::Float32),
        graph_outputs_(source.outputs.begin(), source.outputs.end()) {
    result_.warnings = std::move(warnings);
    for (std::vector<TensorId>& forms : forms_) forms.assign(source.tensors.size(), TensorId::None);
    for (std::string& warning : precision_warnings(params)) result_.warnings.push_back(std::move(warning));
  }

  Result run() {
    fit_output_scales();
    result_.graph.name = source_.name;
    reserve_names();
    for (const TensorId input : source_.inputs) {
      const TensorId copy = result_.graph.add_tensor(source_.tensor(input));
      form(input, Precision::Float32) = copy;
      result_.graph.inputs.push_back(copy);
    }
    for (const Node& node : source_.nodes) {
      switch (node.placement.precision) {
        case Precision::Int8:
        case Precision::Int16:
          add_integer_node(node);
          break;
        case Precision::BFloat16:
          add_bfloat16_node(node);
          break;
        case Precision::Float32:
          add_float_node(node);
      }
    }
    for (const TensorId output : source_.outputs)
      result_.graph.outputs.push_back(operand(output, Precision::Float32));
    record_tensors();
    remove_unused_tensors(result_.graph);
    check(result_.graph);
    return std::move(result_);
  }

 private:
  const std::optional<ops::WeightOperand>& weight_rule(const Node& node) const {
    return ops::operator_of(node.op).quantization.weight;
  }

  const Tensor* bias_of(const Node& node, const ops::WeightOperand& rule) const {
    const NodeView view(source_, node);
    return rule.bias && view.has_input(*rule.bias) ? &view.input(*rule.bias) : nullptr;
  }

  std::optional<QuantizedWeights> weights_of(const Node& node, const ops::WeightOperand& rule) const {
    const Precision precision = node.placement.precision;
    const Scheme scheme = format_of(params_, node).weights;
    const bool integer = octet::is_integer(precision);
    const auto scale_of = [&](TensorId id) {
      return integer ? static_cast<double>(plan_.of(id, precision).scale[0]) : 1.0;
    };
    const WeightContext context = {.input_scale = scale_of(node.inputs[0]),
                                   .output_scale = scale_of(node.outputs[0]),
                                   .requantization = params_.requantization,
                                   .per_channel = scheme.per_channel,
                                   .precision = precision,
                                   .bits = scheme.bits};
    return quantize_weights(NodeView(source_, node).input(rule.index), rule.channel_axis, bias_of(node, rule),
                            context);
  }

  /// With `sima` requantization an output scale may be too fine for its input and weights. Raising it can
  /// make the next node's input too coarse in turn, so this repeats until nothing changes; scales only grow
  /// along the graph.
  void fit_output_scales() {
    if (params_.requantization != RequantizationMode::Sima) return;
    bool changed = true;
    for (int round = 0; changed; ++round) {
      changed = false;
      for (const Node& node : source_.nodes) {
        if (!is_integer(node) || !weight_rule(node)) continue;
        if (weights_of(node, *weight_rule(node))) continue;
        if (round == kMaxDoublings || !plan_.double_scale(node.outputs[0], node.placement.precision)) {
          throw Error(ErrorCode::InvalidConfig,
                      "No power-of-two requantization exists for '" + node.name + "'.", {.node = node.name},
                      "Leave this node unquantized, or use the tflite requantization.");
        }
        if (raised_.insert(node.name).second) {
          result_.warnings.push_back("The output scale of '" + node.name +
                                     "' was raised so that its requantization is a right shift.");
        }
        changed = true;
      }
    }
  }

  /// The model's own names are taken first, so that a converted copy never takes one of them.
  void reserve_names() {
    for (const Tensor& tensor : source_.tensors) names_.insert(tensor.name);
    for (const Node& node : source_.nodes) names_.insert(node.name);
  }

  std::string unique_name(const std::string& base) { return take_unique_name(names_, base, 2); }

  TensorId& form(TensorId id, Precision precision) {
    return forms_[static_cast<size_t>(precision)][index(id)];
  }

  /// A node that brings a tensor into another representation: DEQUANTIZE towards more precise reals.
  TensorId add_conversion(TensorId from, const std::string& base, Precision precision,
                          std::optional<QuantParams> quantization,
                          const std::optional<std::string>& output_name = {}) {
    Graph& graph = result_.graph;
    const std::string name = unique_name(base);
    const bool from_integer =
        graph.tensor(from).dtype == DType::Int8 || graph.tensor(from).dtype == DType::Int16;
    const bool widens = precision == Precision::Float32 || (precision == Precision::BFloat16 && from_integer);
    const TensorId to = graph.add_tensor({.name = output_name.value_or(name),
                                          .dtype = dtype_of(precision),
                                          .shape = graph.tensor(from).shape,
                                          .constant = nullptr,
                                          .quantization = std::move(quantization)});
    graph.nodes.push_back({.name = name,
                           .op = widens ? OpKind::Dequantize : OpKind::Quantize,
                           .attributes = NoAttributes{},
                           .inputs = {from},
                           .outputs = {to},
                           .source_nodes = {},
                           .placement = {Unit::Apu, -1, {"It converts between precisions where they meet."}},
                           .requantization = params_.requantization});
    return to;
  }

  /// A source activation in `precision`, converted on first use.
  TensorId operand(TensorId id, Precision precision) {
    if (id == TensorId::None) return id;
    const Tensor& tensor = source_.tensor(id);
    if (tensor.dtype != DType::Float32) precision = Precision::Float32;  // It has that one form alone.
    TensorId& copy = form(id, precision);
    if (copy != TensorId::None) return copy;
    if (tensor.is_constant()) return copy = result_.graph.add_tensor(tensor);
    const TensorId from = form(id, produced_in_[index(id)]);
    // A graph output keeps its name in float, the type users see.
    const bool is_output = precision == Precision::Float32 && graph_outputs_.count(id) != 0;
    return copy = add_conversion(
               from, tensor.name + std::string(suffix_of(precision)), precision,
               octet::is_integer(precision) ? std::optional(plan_.of(id, precision)) : std::nullopt,
               is_output ? std::optional(tensor.name) : std::nullopt);
  }

  /// Operand of a node that needs one scale for all: requantized where the operand's own differs.
  TensorId operand_with(TensorId id, Precision precision, const QuantParams& params) {
    const TensorId integer = operand(id, precision);
    if (plan_.of(id, precision) == params) return integer;
    return add_conversion(integer, source_.tensor(id).name + "_requantized", precision, params);
  }

  TensorId constant_operand(const Node& node, TensorId id) {
    const Tensor& tensor = source_.tensor(id);
    if (tensor.dtype != DType::Float32) return operand(id, Precision::Float32);
    const Precision precision = node.placement.precision;
    if (ops::keeps_scale(ops::operator_of(node.op)))
      return add_constant(quantize_constant(tensor, plan_.of(node.outputs[0], precision), precision));
    const calibrate::Range range = range_of(tensor);
    const bool asymmetric = format_of(params_, node).asymmetric.value_or(int8_is_asymmetric(params_));
    const QuantParams params =
        precision == Precision::Int16 ? int16_params(range) : int8_params(range, asymmetric);
    return add_constant(quantize_constant(tensor, params, precision));
  }

  TensorId add_constant(Tensor tensor) {
    if (!constant_names_.insert(tensor.name).second) tensor.name = unique_name(tensor.name);
    return result_.graph.add_tensor(std::move(tensor));
  }

  TensorId activation_operand(const Node& node, TensorId id) {
    const Precision precision = node.placement.precision;
    if (source_.tensor(id).dtype != DType::Float32) return operand(id, Precision::Float32);
    const bool all_same = ops::operator_of(node.op).quantization.output == OutputQuantization::AllSame;
    return all_same ? operand_with(id, precision, plan_.of(node.outputs[0], precision))
                    : operand(id, precision);
  }

  void add_integer_node(const Node& node) {
    Node copy = node;
    copy.requantization = params_.requantization;
    std::optional<QuantizedWeights> weights;
    const std::optional<ops::WeightOperand>& rule = weight_rule(node);
    if (rule) weights = weights_of(node, *rule);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const TensorId id = node.inputs[i];
      if (id == TensorId::None) continue;
      if (rule && i == rule->index) {
        copy.inputs[i] = add_constant(std::move(weights->weights));
      } else if (rule && rule->bias == i) {
        copy.inputs[i] = add_constant(std::move(*weights->bias));
      } else if (source_.tensor(id).is_constant()) {
        copy.inputs[i] = constant_operand(node, id);
      } else {
        copy.inputs[i] = activation_operand(node, id);
      }
    }
    if (weights && !weights->raised_channels.empty()) {
      result_.warnings.push_back("The weight scales of " + std::to_string(weights->raised_channels.size()) +
                                 " channels of '" + node.name +
                                 "' were raised so that bias and accumulator fit 32 bits.");
    }
    for (TensorId& output : copy.outputs) output = add_output(output, node.placement.precision);
    result_.graph.nodes.push_back(std::move(copy));
  }

  /// BF16 needs no parameters; only weights may be INT8.
  void add_bfloat16_node(const Node& node) {
    Node copy = node;
    const std::optional<ops::WeightOperand>& rule = weight_rule(node);
    const bool integer_weights = !format_of(params_, node).bfloat16_weights;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const TensorId id = node.inputs[i];
      if (id == TensorId::None) continue;
      const Tensor& tensor = source_.tensor(id);
      if (!tensor.is_constant() || tensor.dtype != DType::Float32) {
        copy.inputs[i] = operand(id, Precision::BFloat16);
      } else if (rule && rule->bias == i) {
        copy.inputs[i] = operand(id, Precision::Float32);  // It joins sums that are float32.
      } else if (rule && i == rule->index && integer_weights) {
        copy.inputs[i] = add_constant(weights_of(node, *rule)->weights);
      } else {
        range_of(tensor);
        copy.inputs[i] = add_constant(round_to_bfloat16(tensor));
      }
    }
    for (TensorId& output : copy.outputs) output = add_output(output, Precision::BFloat16);
    result_.graph.nodes.push_back(std::move(copy));
  }

  TensorId add_output(TensorId id, Precision precision) {
    Tensor tensor = source_.tensor(id);
    const bool represented =
        octet::is_integer(precision) ? plan_.is_quantized(id, precision) : tensor.dtype == DType::Float32;
    if (!represented) return form(id, Precision::Float32) = result_.graph.add_tensor(std::move(tensor));
    tensor.dtype = dtype_of(precision);
    if (octet::is_integer(precision)) tensor.quantization = plan_.of(id, precision);
    if (precision != Precision::Float32 && graph_outputs_.count(id) != 0)
      tensor.name = unique_name(tensor.name + std::string(suffix_of(precision)));
    produced_in_[index(id)] = precision;
    return form(id, precision) = result_.graph.add_tensor(std::move(tensor));
  }

  void add_float_node(const Node& node) {
    Node copy = node;
    for (TensorId& input : copy.inputs) input = operand(input, Precision::Float32);
    for (TensorId& output : copy.outputs) output = add_output(output, Precision::Float32);
    result_.graph.nodes.push_back(std::move(copy));
  }

  void record_tensors() {
    for (size_t t = 0; t < source_.tensors.size(); ++t) {
      const TensorId id = static_cast<TensorId>(t);
      if (source_.tensor(id).is_constant() || source_.tensor(id).dtype != DType::Float32) continue;
      // Where a tensor is an integer in two precisions, the record tells how it was computed.
      Precision precision = produced_in_[index(id)];
      for (const Precision read_as : {Precision::Int8, Precision::Int16}) {
        if (!octet::is_integer(precision) && plan_.is_quantized(id, read_as)) precision = read_as;
      }
      if (!octet::is_integer(precision) || !plan_.is_quantized(id, precision)) continue;
      result_.tensors.push_back({.tensor = source_.tensor(id).name,
                                 .observed = observed_(id),
                                 .chosen = plan_.range(id, precision),
                                 .quantization = plan_.of(id, precision)});
    }
  }

  const Graph& source_;
  const QuantizationParams& params_;
  std::function<calibrate::Range(TensorId)> observed_;
  Result result_;
  ActivationPlan plan_;
  /// By precision and source tensor: the tensor's form in the new graph, once made.
  std::array<std::vector<TensorId>, 4> forms_;
  std::vector<Precision> produced_in_;  ///< By source tensor: the form that its producer computes.
  std::set<TensorId> graph_outputs_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> constant_names_;
  std::unordered_set<std::string> raised_;
};

}  // namespace

Result quantize(const Graph& graph, const calibrate::Calibrator& calibration,
                const QuantizationParams& params) {
  check(params);
  if (calibration.samples() == 0) {
    throw Error(ErrorCode::EmptyCalibration, "Calibration saw no sample.", {},
                "Give at least one sample for each input; 50 to 200 typical images work well.");
  }
  std::vector<std::string> warnings;
  ActivationPlan plan(graph, calibration, params, warnings);
  const auto observed = [&](TensorId id) -> calibrate::Range {
    const calibrate::TensorStatistics& statistics = calibration.statistics(id);
    if (statistics.count() == 0) return {};
    return {static_cast<double>(statistics.low()), static_cast<double>(statistics.high())};
  };
  return Quantizer(graph, std::move(plan), params, std::move(warnings), observed).run();
}

Result quantize(const Graph& graph, const std::map<std::string, QuantParams>& stored,
                const QuantizationParams& params) {
  check(params);
  const ActivationPlan plan(graph, stored);
  const auto covered = [&](TensorId id) -> calibrate::Range {
    const auto found = stored.find(graph.tensor(id).name);
    if (found == stored.end()) return {};
    const Precision precision = plan.is_quantized(id, Precision::Int16) ? Precision::Int16 : Precision::Int8;
    return range_of(found->second, precision);
  };
  return Quantizer(graph, plan, params, {}, covered).run();
}

}  // namespace octet::quantize
