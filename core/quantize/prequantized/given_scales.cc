#include "quantize/prequantized/given_scales.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/dequantized.h"
#include "ir/unique_name.h"
#include "ops/operator.h"

namespace octet::quantize {
namespace {

bool is_integer(const Tensor& tensor) {
  return (tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16) && tensor.quantization.has_value();
}

class Keeper {
 public:
  Keeper(const Graph& source, const Graph& twin) : graph_(source), twin_(twin) {
    for (const Node& node : twin.nodes) twin_nodes_.emplace(node.name, &node);
    for (const Tensor& tensor : graph_.tensors) names_.insert(tensor.name);
    for (const Node& node : graph_.nodes) names_.insert(node.name);
  }

  Graph run() {
    std::vector<Node> nodes = std::exchange(graph_.nodes, {});
    for (TensorId& input : graph_.inputs) input = float_input(input);
    for (Node& node : nodes) add(std::move(node));
    for (TensorId& output : graph_.outputs) output = float_output(output);
    remove_unused_tensors(graph_);
    check(graph_);
    return std::move(graph_);
  }

 private:
  std::string unique_name(const std::string& base) { return take_unique_name(names_, base, 2); }

  TensorId add_float(TensorId like, std::string name) {
    return graph_.add_tensor({.name = std::move(name),
                              .dtype = DType::Float32,
                              .shape = graph_.tensor(like).shape,
                              .constant = nullptr,
                              .quantization = {}});
  }

  void add_conversion(OpKind op, TensorId from, TensorId to) {
    std::string name = graph_.tensor(to).name;
    if (node_names_.count(name) != 0 || twin_nodes_.count(name) != 0) name = unique_name(name);
    node_names_.insert(name);
    graph_.nodes.push_back(
        {.name = std::move(name),
         .op = op,
         .attributes = NoAttributes{},
         .inputs = {from},
         .outputs = {to},
         .source_nodes = {},
         .placement = {Unit::Apu, -1, {"It converts between precisions where they meet."}}});
  }

  /// Gives an integer tensor at the model's edge a name of its own, and its name to the float one.
  std::string take_name(TensorId id) {
    std::string name = graph_.tensor(id).name;
    graph_.tensor(id).name =
        unique_name(name + (graph_.tensor(id).dtype == DType::Int16 ? "_int16" : "_int8"));
    return name;
  }

  TensorId float_input(TensorId input) {
    if (!is_integer(graph_.tensor(input))) return input;
    std::string name = take_name(input);
    const TensorId real = add_float(input, std::move(name));
    add_conversion(OpKind::Quantize, real, input);
    return real;
  }

  TensorId float_output(TensorId output) {
    if (!is_integer(graph_.tensor(output))) return output;
    std::string name = take_name(output);
    const TensorId real = add_float(output, std::move(name));
    add_conversion(OpKind::Dequantize, output, real);
    return real;
  }

  void add(Node node) {
    node_names_.insert(node.name);
    const auto twin = twin_nodes_.find(node.name);
    if (twin == twin_nodes_.end() || node.placement.unit == Unit::Mla) {
      graph_.nodes.push_back(std::move(node));
    } else {
      add_in_float(std::move(node), *twin->second);
    }
  }

  void add_in_float(Node node, const Node& twin) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const TensorId id = node.inputs[i];
      if (id == TensorId::None) continue;
      const Tensor& tensor = graph_.tensor(id);
      if (tensor.is_constant()) {
        if (tensor.dtype != twin_.tensor(twin.inputs[i]).dtype)
          node.inputs[i] = graph_.add_tensor(twin_.tensor(twin.inputs[i]));
      } else if (is_integer(tensor)) {
        node.inputs[i] = real_form(id);
      }
    }
    std::vector<std::pair<TensorId, TensorId>> computed;
    for (TensorId& output : node.outputs) {
      if (!is_integer(graph_.tensor(output))) continue;
      const TensorId real = add_float(output, unique_name(graph_.tensor(output).name + "_float"));
      computed.emplace_back(real, output);
      output = real;
    }
    graph_.nodes.push_back(std::move(node));
    for (const auto& [real, integer] : computed) add_conversion(OpKind::Quantize, real, integer);
  }

  TensorId real_form(TensorId id) {
    const auto found = real_forms_.find(index(id));
    if (found != real_forms_.end()) return found->second;
    const TensorId real = add_float(id, unique_name(graph_.tensor(id).name + "_float"));
    add_conversion(OpKind::Dequantize, id, real);
    real_forms_.emplace(index(id), real);
    return real;
  }

  Graph graph_;
  const Graph& twin_;
  std::unordered_map<std::string, const Node*> twin_nodes_;
  std::unordered_map<size_t, TensorId> real_forms_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> node_names_;
};

}  // namespace

Graph keep_integers(const Graph& quantized, const Graph& twin) { return Keeper(quantized, twin).run(); }

Result from_stored(const Graph& quantized, const FloatTwin& twin, const QuantizationParams& params) {
  Result result = quantize(twin.graph, twin.stored, params);
  if (params.requantization == RequantizationMode::Tflite) {
    result.graph = keep_integers(quantized, twin.graph);
  }
  return result;
}

}  // namespace octet::quantize
