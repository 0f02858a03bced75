#include "quantize/quantize.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "ops/operator.h"
#include "quantize/activation_plan.h"
#include "quantize/weights.h"

namespace octet::quantize {
namespace {

using ops::OutputQuantization;

/// Doubling a scale this often covers any float32 ratio; more means a defect.
constexpr int kMaxDoublings = 300;

/// Builds the quantized graph node by node.
class Quantizer {
 public:
  Quantizer(const Graph& source, const calibrate::Calibrator& calibration, const QuantizationParams& params)
      : source_(source),
        calibration_(calibration),
        params_(params),
        plan_(source, calibration, params, result_.warnings),
        as_float_(source.tensors.size(), TensorId::None),
        as_int8_(source.tensors.size(), TensorId::None),
        graph_outputs_(source.outputs.begin(), source.outputs.end()) {}

  Result run() {
    fit_output_scales();
    result_.graph.name = source_.name;
    reserve_names();
    for (const TensorId input : source_.inputs) {
      const TensorId copy = result_.graph.add_tensor(source_.tensor(input));
      as_float_[index(input)] = copy;
      result_.graph.inputs.push_back(copy);
    }
    for (const Node& node : source_.nodes) {
      if (is_integer(node)) {
        add_integer_node(node);
      } else {
        add_float_node(node);
      }
    }
    for (const TensorId output : source_.outputs) result_.graph.outputs.push_back(float_operand(output));
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
    const WeightContext context = {
        .input_scale = static_cast<double>(plan_.of(node.inputs[0]).scale[0]),
        .output_scale = static_cast<double>(plan_.of(node.outputs[0]).scale[0]),
        .requantization = params_.requantization,
        .per_channel = params_.weights.per_channel,
    };
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
        if (round == kMaxDoublings || !plan_.double_scale(node.outputs[0])) {
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

  std::string unique_name(const std::string& base) {
    std::string name = base;
    for (int i = 2; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
    return name;
  }

  TensorId add_conversion(OpKind op, TensorId from, const std::string& base, DType dtype,
                          std::optional<QuantParams> quantization,
                          const std::optional<std::string>& output_name = {}) {
    Graph& graph = result_.graph;
    const std::string name = unique_name(base);
    const TensorId to = graph.add_tensor({.name = output_name.value_or(name),
                                          .dtype = dtype,
                                          .shape = graph.tensor(from).shape,
                                          .constant = nullptr,
                                          .quantization = std::move(quantization)});
    graph.nodes.push_back(
        {.name = name,
         .op = op,
         .attributes = NoAttributes{},
         .inputs = {from},
         .outputs = {to},
         .source_nodes = {},
         .placement = {Unit::Apu, -1, {"It converts between INT8 and float where they meet."}},
         .requantization = params_.requantization});
    return to;
  }

  /// The float form of a source tensor in the new graph, dequantizing it on first use.
  TensorId float_operand(TensorId id) {
    if (id == TensorId::None) return id;
    TensorId& copy = as_float_[index(id)];
    if (copy != TensorId::None) return copy;
    const Tensor& tensor = source_.tensor(id);
    if (tensor.is_constant()) return copy = result_.graph.add_tensor(tensor);
    // A graph output keeps its name in float, the type users see.
    const bool is_output = graph_outputs_.count(id) != 0;
    return copy = add_conversion(OpKind::Dequantize, as_int8_[index(id)], tensor.name + "_float",
                                 DType::Float32, {}, is_output ? std::optional(tensor.name) : std::nullopt);
  }

  /// The INT8 form of a source activation, quantizing it on first use.
  TensorId int8_operand(TensorId id) {
    TensorId& copy = as_int8_[index(id)];
    if (copy != TensorId::None) return copy;
    return copy = add_conversion(OpKind::Quantize, as_float_[index(id)], source_.tensor(id).name + "_int8",
                                 DType::Int8, plan_.of(id));
  }

  /// Operand of a node that needs one scale for all: requantized where the operand's own differs.
  TensorId int8_operand_with(TensorId id, const QuantParams& params) {
    const TensorId operand = int8_operand(id);
    if (plan_.of(id) == params) return operand;
    return add_conversion(OpKind::Quantize, operand, source_.tensor(id).name + "_requantized", DType::Int8,
                          params);
  }

  TensorId constant_operand(const Node& node, TensorId id) {
    const Tensor& tensor = source_.tensor(id);
    if (tensor.dtype != DType::Float32) return result_.graph.add_tensor(tensor);
    const ops::QuantizationRule& rule = ops::operator_of(node.op).quantization;
    const bool shared =
        rule.output == OutputQuantization::AllSame || rule.output == OutputQuantization::SameAsInput;
    const QuantParams params =
        shared ? plan_.of(node.outputs[0]) : int8_params(range_of(tensor), params_.activations.asymmetric);
    return add_constant(quantize_constant(tensor, params));
  }

  TensorId add_constant(Tensor tensor) {
    if (!constant_names_.insert(tensor.name).second) tensor.name = unique_name(tensor.name);
    return result_.graph.add_tensor(std::move(tensor));
  }

  TensorId activation_operand(const Node& node, TensorId id) {
    if (source_.tensor(id).dtype != DType::Float32) return float_operand(id);
    const bool all_same = ops::operator_of(node.op).quantization.output == OutputQuantization::AllSame;
    return all_same ? int8_operand_with(id, plan_.of(node.outputs[0])) : int8_operand(id);
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
    for (TensorId& output : copy.outputs) output = add_output(output);
    result_.graph.nodes.push_back(std::move(copy));
  }

  TensorId add_output(TensorId id) {
    Tensor tensor = source_.tensor(id);
    if (!plan_.is_quantized(id)) return as_float_[index(id)] = result_.graph.add_tensor(std::move(tensor));
    tensor.dtype = DType::Int8;
    tensor.quantization = plan_.of(id);
    if (graph_outputs_.count(id) != 0) tensor.name = unique_name(tensor.name + "_int8");
    return as_int8_[index(id)] = result_.graph.add_tensor(std::move(tensor));
  }

  void add_float_node(const Node& node) {
    Node copy = node;
    for (TensorId& input : copy.inputs) input = float_operand(input);
    for (TensorId& output : copy.outputs) {
      output = as_float_[index(output)] = result_.graph.add_tensor(source_.tensor(output));
    }
    result_.graph.nodes.push_back(std::move(copy));
  }

  void record_tensors() {
    for (const TensorId id : calibration_.observed()) {
      if (!plan_.is_quantized(id)) continue;
      const calibrate::TensorStatistics& statistics = calibration_.statistics(id);
      const bool seen = statistics.count() > 0;
      result_.tensors.push_back({.tensor = source_.tensor(id).name,
                                 .observed = {seen ? static_cast<double>(statistics.low()) : 0.0,
                                              seen ? static_cast<double>(statistics.high()) : 0.0},
                                 .chosen = plan_.range(id),
                                 .quantization = plan_.of(id)});
    }
  }

  const Graph& source_;
  const calibrate::Calibrator& calibration_;
  const QuantizationParams& params_;
  Result result_;
  ActivationPlan plan_;
  std::vector<TensorId> as_float_;  ///< By source tensor: its float form in the new graph, once made.
  std::vector<TensorId> as_int8_;   ///< Likewise its INT8 form.
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
  return Quantizer(graph, calibration, params).run();
}

}  // namespace octet::quantize
