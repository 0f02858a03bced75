#include "quantize/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "ir/unique_name.h"
#include "ops/operator.h"
#include "quantize/precision/placement.h"
#include "quantize/ranges/activation_plan.h"
#include "quantize/ranges/integer_params.h"
#include "quantize/settings/node_settings.h"
#include "quantize/weights/quantized_constants.h"

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

  /// Raises scales that TFLite's kernels do not take. One that cannot be raised stays as it is: the emulator
  /// takes it, and a .tflite file then holds the node in float.
  void fit_kernel_scales() {
    if (params_.requantization != RequantizationMode::Tflite) return;
    bool changed = true;
    for (int round = 0; changed && round < kMaxDoublings; ++round) {
      changed = false;
      for (const Node& node : source_.nodes) {
        if (is_integer(node) && raise_scale(node)) changed = true;
      }
    }
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
    for (const TensorId output : source_.outputs) {
      result_.graph.outputs.push_back(operand(output, Precision::Float32));
      result_.graph.tensor(result_.graph.outputs.back()).file_axes = source_.tensor(output).file_axes;
    }
    record_tensors();
    remove_unused_tensors(result_.graph);
    check(result_.graph);
    return std::move(result_);
  }

 private:
  const std::optional<ops::WeightOperand>& weight_rule(const Node& node) const {
    return ops::operator_of(node.op).quantization.weight;
  }

  std::optional<Tensor> bias_of(const Node& node, const ops::WeightOperand& rule) const {
    if (!rule.bias || !NodeView(source_, node).has_input(*rule.bias)) return {};
    return relevant_constant(node, *rule.bias);
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
    const std::optional<Tensor> bias = bias_of(node, rule);
    return quantize_weights(NodeView(source_, node).input(rule.index), rule.channel_axis,
                            bias ? &*bias : nullptr, context);
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

  bool raise_scale(const Node& node) {
    const ops::ScaleCheck check = ops::operator_of(node.op).tflite.scales;
    if (check == nullptr) return false;
    const ops::ScaleProblem problem = check(NodeView(source_, node), scales_of(node));
    const bool of_input = problem == ops::ScaleProblem::InputTooFine;
    if (!of_input && problem != ops::ScaleProblem::OutputTooFine) return false;
    const Precision precision = node.placement.precision;
    const TensorId input = node.inputs[0];
    const TensorId output = node.outputs[0];
    if (plan_.share_scale(input, output, precision)) return false;
    if (of_input && source_.tensor(input).is_constant()) return false;
    if (!plan_.double_scale(of_input ? input : output, precision)) return false;
    if (raised_.insert(node.name).second) {
      result_.warnings.push_back("The scale of '" + source_.tensor(of_input ? input : output).name +
                                 "' was raised, as '" + node.name + "' does not take a finer one.");
    }
    return true;
  }

  /// Those that the node will have; of weights as far as they and their bias decide.
  ops::NodeScales scales_of(const Node& node) const {
    const Precision precision = node.placement.precision;
    ops::NodeScales scales{.precision = precision, .inputs = std::vector<double>(node.inputs.size(), 0.0)};
    const std::optional<ops::WeightOperand>& rule = weight_rule(node);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const TensorId id = node.inputs[i];
      if (id == TensorId::None || source_.tensor(id).dtype != DType::Float32) continue;
      if (rule && (i == rule->index || rule->bias == i)) continue;
      scales.inputs[i] = source_.tensor(id).is_constant()
                             ? static_cast<double>(constant_params(node, i).scale[0])
                             : static_cast<double>(plan_.of(id, precision).scale[0]);
    }
    if (rule) {
      const std::optional<Tensor> bias = bias_of(node, *rule);
      scales.inputs[rule->index] =
          coarsest_weight_scale(source_.tensor(node.inputs[rule->index]), bias ? &*bias : nullptr,
                                scales.inputs[0], format_of(params_, node).weights.bits);
    }
    if (plan_.is_quantized(node.outputs[0], precision))
      scales.output = static_cast<double>(plan_.of(node.outputs[0], precision).scale[0]);
    return scales;
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

  /// TFLite's QUANTIZE turns numbers of more than 31 bits of steps into any end of the range; what masks
  /// would be kept. So what makes no difference ends where it does.
  TensorId add_clips(TensorId from, const ops::Interval& relevant) {
    const auto clip = [&](OpKind op, double end) {
      if (!std::isfinite(end)) return;
      const float value = static_cast<float>(end);
      const std::string name = unique_name(result_.graph.tensor(from).name + "_clipped");
      const TensorId bound = result_.graph.add_tensor({.name = unique_name(name + "_end"),
                                                       .dtype = DType::Float32,
                                                       .shape = {1},
                                                       .constant = make_constant(std::span(&value, 1)),
                                                       .quantization = {}});
      const TensorId to = result_.graph.add_tensor({.name = name,
                                                    .dtype = DType::Float32,
                                                    .shape = result_.graph.tensor(from).shape,
                                                    .constant = nullptr,
                                                    .quantization = {}});
      result_.graph.nodes.push_back(
          {.name = name,
           .op = op,
           .attributes = NoAttributes{},
           .inputs = {from, bound},
           .outputs = {to},
           .source_nodes = {},
           .placement = {Unit::Apu, -1, {"It ends values that SOFTMAX does not tell apart."}},
           .requantization = params_.requantization});
      from = to;
    };
    clip(OpKind::Maximum, relevant.low);
    clip(OpKind::Minimum, relevant.high);
    return from;
  }

  /// A source activation in `precision`, converted on first use.
  TensorId operand(TensorId id, Precision precision) {
    if (id == TensorId::None) return id;
    const Tensor& tensor = source_.tensor(id);
    if (tensor.dtype != DType::Float32) precision = Precision::Float32;  // It has that one form alone.
    TensorId& copy = form(id, precision);
    if (copy != TensorId::None) return copy;
    if (tensor.is_constant()) return copy = result_.graph.add_tensor(tensor);
    TensorId from = form(id, produced_in_[index(id)]);
    if (octet::is_integer(precision) && plan_.relevant().are_exceeded(id) &&
        result_.graph.tensor(from).dtype == DType::Float32) {
      from = add_clips(from, plan_.relevant().of(id));
    }
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

  /// A float constant as the node reads it: what makes no difference must not set its scale.
  Tensor relevant_constant(const Node& node, size_t i) const {
    std::vector<double> scales(node.inputs.size(), 0.0);
    for (size_t o = 0; o < scales.size(); ++o) {
      const TensorId id = node.inputs[o];
      const bool reads_integers = octet::is_integer(node.placement.precision);
      if (reads_integers && id != TensorId::None && plan_.is_quantized(id, node.placement.precision))
        scales[o] = static_cast<double>(plan_.of(id, node.placement.precision).scale[0]);
    }
    return clamped_to(source_.tensor(node.inputs[i]), plan_.relevant().of_constant(source_, node, i, scales));
  }

  TensorId constant_operand(const Node& node, size_t i) {
    const TensorId id = node.inputs[i];
    if (source_.tensor(id).dtype != DType::Float32) return operand(id, Precision::Float32);
    return add_constant(
        quantize_constant(relevant_constant(node, i), constant_params(node, i), node.placement.precision));
  }

  /// The parameters of a constant that is no weight.
  QuantParams constant_params(const Node& node, size_t i) const {
    const Precision precision = node.placement.precision;
    if (ops::keeps_scale(ops::operator_of(node.op))) return plan_.of(node.outputs[0], precision);
    const calibrate::Range range = range_of(relevant_constant(node, i));
    const bool asymmetric = format_of(params_, node).asymmetric.value_or(int8_is_asymmetric(params_));
    return precision == Precision::Int16 ? int16_params(range) : int8_params(range, asymmetric);
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
        copy.inputs[i] = constant_operand(node, i);
      } else {
        copy.inputs[i] = activation_operand(node, id);
      }
    }
    if (weights && !weights->raised_channels.empty()) {
      result_.warnings.push_back(
          "The weight scales of " + std::to_string(weights->raised_channels.size()) + " channels of '" +
          node.name + "' were raised, so that bias and accumulator fit 32 bits and scales float32.");
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
        // A mask may be infinite. As BF16 it, and the largest floats, end before: an infinity times 0 is NaN.
        if (!is_bounded(plan_.relevant().of_constant(source_, node, i))) range_of(tensor);
        constexpr double kLargest = 0x1.fep127;
        copy.inputs[i] = add_constant(round_to_bfloat16(clamped_to(tensor, {-kLargest, kLargest})));
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

Result quantize(const Graph& graph, const calibrate::Calibrator& calibration, const RelevantValues& relevant,
                const QuantizationParams& params) {
  check(params);
  if (calibration.samples() == 0) {
    throw Error(ErrorCode::EmptyCalibration, "Calibration saw no sample.", {},
                "Give at least one sample for each input; 50 to 200 typical images work well.");
  }
  std::vector<std::string> warnings;
  ActivationPlan plan(graph, calibration, relevant, params, warnings);
  const auto observed = [&](TensorId id) -> calibrate::Range {
    const calibrate::TensorStatistics& statistics = calibration.statistics(id);
    if (statistics.count() == 0) return {};
    return {static_cast<double>(statistics.low()), static_cast<double>(statistics.high())};
  };
  Quantizer quantizer(graph, std::move(plan), params, std::move(warnings), observed);
  quantizer.fit_kernel_scales();
  return quantizer.run();
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
