#include "quantize/prequantized/float_twin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ir/dequantized.h"
#include "ops/operator.h"

namespace octet::quantize {
namespace {

bool is_integer(const Tensor& tensor) {
  return (tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16) && tensor.quantization.has_value();
}

bool converts(const Node& node) { return node.op == OpKind::Quantize || node.op == OpKind::Dequantize; }

const Placement kConversion = {Unit::Apu, -1, {"It converts between precisions where they meet."}};

Precision precision_of(const Graph& graph, const Node& node) {
  const auto precision = [&](const std::vector<TensorId>& ids) {
    for (const TensorId id : ids) {
      if (id == TensorId::None || !is_integer(graph.tensor(id))) continue;
      return graph.tensor(id).dtype == DType::Int16 ? Precision::Int16 : Precision::Int8;
    }
    return Precision::Float32;
  };
  // An operator that gives indices computes in its input's type.
  const Precision computed = precision(node.outputs);
  return computed != Precision::Float32 ? computed : precision({node.inputs[0]});
}

class Builder {
 public:
  explicit Builder(const Graph& source) : source_(source), stands_for_(source.tensors.size()) {
    twin_.graph.name = source.name;
    for (size_t t = 0; t < source.tensors.size(); ++t) {
      stands_for_[t] = static_cast<TensorId>(t);
      twin_.graph.add_tensor(as_float(source.tensors[t]));
    }
  }

  FloatTwin build() {
    twin_.graph.inputs = source_.inputs;
    for (const Node& node : source_.nodes) {
      if (converts(node)) {
        pass(node.inputs[0], node.outputs[0]);
      } else {
        add_node(node);
      }
    }
    for (const TensorId output : source_.outputs) twin_.graph.outputs.push_back(stands_for(output));
    keep_output_names();
    for (const auto& [id, params] : stored_) twin_.stored.emplace(twin_.graph.tensor(id).name, params);
    remove_unused_tensors(twin_.graph);
    check(twin_.graph);
    ops::infer_shapes(twin_.graph);
    return std::move(twin_);
  }

 private:
  Tensor as_float(const Tensor& tensor) {
    if (!is_integer(tensor)) return tensor;
    if (tensor.is_constant()) return dequantized(tensor);
    Tensor real = tensor;
    real.dtype = DType::Float32;
    stored_.emplace(static_cast<TensorId>(twin_.graph.tensors.size()), *real.quantization);
    real.quantization.reset();
    return real;
  }

  TensorId stands_for(TensorId id) const { return id == TensorId::None ? id : stands_for_[index(id)]; }

  /// A conversion is nothing in reals: what reads its output reads its input.
  void pass(TensorId from, TensorId to) {
    const TensorId real = stands_for(from);
    stands_for_[index(to)] = real;
    if (is_integer(source_.tensor(to))) stored_.emplace(real, *source_.tensor(to).quantization);
    stored_.erase(to);
  }

  void add_node(const Node& node) {
    Node copy = node;
    for (TensorId& input : copy.inputs) input = stands_for(input);
    copy.placement.precision = precision_of(source_, node);
    const std::optional<ops::WeightOperand>& rule = ops::operator_of(node.op).quantization.weight;
    if (rule && rule->bias && NodeView(source_, node).has_input(*rule->bias)) {
      const size_t bias = *rule->bias;
      if (source_.tensor(node.inputs[bias]).dtype != DType::Float32)
        copy.inputs[bias] = twin_.graph.add_tensor(real_bias(node, *rule));
    }
    twin_.graph.nodes.push_back(std::move(copy));
  }

  Tensor real_bias(const Node& node, const ops::WeightOperand& rule) const {
    const NodeView view(source_, node);
    const float input_scale = view.input(0).quantization->scale[0];
    const QuantParams& weights = *view.input(rule.index).quantization;
    QuantParams params{.scale = {}, .zero_point = {}, .axis = 0};
    for (const float scale : weights.scale) {
      params.scale.push_back(input_scale * scale);
      params.zero_point.push_back(0);
    }
    const Tensor& bias = view.input(*rule.bias);
    if (params.is_per_channel()) params.axis = std::max(bias.shape.rank() - 1, 0);
    return dequantized(bias, params);
  }

  /// Where a conversion computed an output of the model, its operand takes over the name.
  void keep_output_names() {
    for (size_t i = 0; i < source_.outputs.size(); ++i) {
      const TensorId real = twin_.graph.outputs[i];
      if (real == source_.outputs[i]) continue;
      const auto is_real = [&](TensorId id) { return id == real; };
      const bool taken = std::any_of(twin_.graph.inputs.begin(), twin_.graph.inputs.end(), is_real) ||
                         std::any_of(source_.outputs.begin(), source_.outputs.end(), is_real);
      if (!taken) twin_.graph.tensor(real).name = source_.tensor(source_.outputs[i]).name;
    }
  }

  const Graph& source_;
  FloatTwin twin_;
  std::map<TensorId, QuantParams> stored_;
  std::vector<TensorId> stands_for_;  ///< By tensor of the source: the twin's tensor of the same reals.
};

}  // namespace

bool is_quantized(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    return std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&](TensorId id) { return is_integer(graph.tensor(id)); });
  });
}

FloatTwin float_twin(const Graph& quantized) { return Builder(quantized).build(); }

partition::Report place(Graph& quantized, FloatTwin& twin, const partition::Target& target) {
  partition::Report report = partition::partition(
      twin.graph, target,
      {.precision = [](const Node& node) { return node.placement.precision; },
       .float_sentence = [](const Node&) { return "It computes in float in the file."; }});
  auto placed = twin.graph.nodes.begin();  // The same nodes in the same order, without conversions.
  for (Node& node : quantized.nodes) node.placement = converts(node) ? kConversion : (placed++)->placement;
  return report;
}

}  // namespace octet::quantize
