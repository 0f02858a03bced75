#include "transforms/compose.h"

#include <unordered_set>
#include <utility>

#include "ir/text.h"
#include "ir/unique_name.h"

namespace octet::transforms {
namespace {

std::string type_of(const Tensor& tensor) {
  std::string type = text({to_string(tensor.dtype), " ", to_string(tensor.shape)});
  if (tensor.quantization && !tensor.quantization->scale.empty()) {
    type += text({" with scale ", std::to_string(tensor.quantization->scale[0]), " and zero point ",
                  std::to_string(tensor.quantization->zero_point[0])});
  }
  return type;
}

/// Throws unless the outputs of `from` can be the inputs of `to`.
void check_joint(const Graph& from, const Graph& to) {
  if (from.outputs.size() != to.inputs.size()) {
    throw Error(ErrorCode::InvalidInput,
                text({"'", from.name, "' has ", std::to_string(from.outputs.size()), " outputs, and '",
                      to.name, "' behind it takes ", std::to_string(to.inputs.size()), " inputs."}),
                {}, "Outputs become inputs in order; put a network between them that makes as many.");
  }
  for (size_t i = 0; i < to.inputs.size(); ++i) {
    const Tensor& output = from.tensor(from.outputs[i]);
    const Tensor& input = to.tensor(to.inputs[i]);
    const bool same_shape = output.shape == input.shape;
    if (same_shape && output.dtype == input.dtype && output.quantization == input.quantization) continue;
    throw Error(same_shape ? ErrorCode::InvalidInput : ErrorCode::InvalidShape,
                text({"Output '", output.name, "' of '", from.name, "' is ", type_of(output), "; input '",
                      input.name, "' of '", to.name, "' takes ", type_of(input), "."}),
                {.tensor = output.name, .input = input.name},
                "Outputs become inputs in order, first to first.");
  }
}

/// Gives the names of a part that others have taken a number.
class Names {
 public:
  Renamed of(const Part& part) {
    Renamed renamed;
    // Both graphs of a part call the same thing by the same name, and go on to.
    for (const Graph* graph : {part.float_graph, part.quantized}) {
      for (const Tensor& tensor : graph->tensors) add(renamed.tensors, tensors_, tensor.name);
      for (const Node& node : graph->nodes) add(renamed.nodes, nodes_, node.name);
    }
    return renamed;
  }

 private:
  static void add(std::map<std::string, std::string>& renamed, std::unordered_set<std::string>& taken,
                  const std::string& name) {
    if (renamed.count(name) == 0) renamed.emplace(name, take_unique_name(taken, name, 2));
  }

  std::unordered_set<std::string> tensors_;
  std::unordered_set<std::string> nodes_;
};

/// Adds `part` behind what is there; `joined` are the tensors that its inputs become, none for the first.
/// Returns its outputs in `graph`.
std::vector<TensorId> append(Graph& graph, const Graph& part, const Renamed& names,
                             const std::vector<TensorId>& joined) {
  std::vector<TensorId> moved(part.tensors.size(), TensorId::None);
  for (size_t i = 0; i < joined.size(); ++i) moved[index(part.inputs[i])] = joined[i];
  for (size_t t = 0; t < part.tensors.size(); ++t) {
    if (moved[t] != TensorId::None) continue;
    Tensor tensor = part.tensors[t];
    tensor.name = names.tensors.at(tensor.name);
    moved[t] = graph.add_tensor(std::move(tensor));
  }
  const auto move = [&](const std::vector<TensorId>& ids) {
    std::vector<TensorId> result;
    for (const TensorId id : ids) result.push_back(id == TensorId::None ? id : moved[index(id)]);
    return result;
  };
  for (const Node& node : part.nodes) {
    Node copy = node;
    copy.name = names.nodes.at(node.name);
    copy.inputs = move(node.inputs);
    copy.outputs = move(node.outputs);
    copy.placement.segment = -1;
    graph.nodes.push_back(std::move(copy));
  }
  return move(part.outputs);
}

Graph joined(const std::string& name, std::span<const Part> parts, const std::vector<Renamed>& names,
             const Graph* Part::*which) {
  Graph graph;
  graph.name = name;
  for (size_t p = 0; p < parts.size(); ++p) {
    const Graph& part = *(parts[p].*which);
    if (p > 0) check_joint(*(parts[p - 1].*which), part);
    graph.outputs = append(graph, part, names[p], graph.outputs);
    // The first part's inputs are the whole's, whose tensors come first.
    if (p == 0) graph.inputs = part.inputs;
  }
  check(graph);
  return graph;
}

}  // namespace

Composition compose(const std::string& name, std::span<const Part> parts) {
  if (parts.empty()) throw Error(ErrorCode::InvalidInput, "There is no network to compose.");
  Composition result;
  Names names;
  for (const Part& part : parts) {
    if (part.float_graph->nodes.empty()) {
      throw Error(
          ErrorCode::InvalidInput,
          text({"'", part.quantized->name, "' was saved without the float model that it was made from."}), {},
          "Quantize it again and save it whole.");
    }
    result.parts.push_back(names.of(part));
  }
  result.quantized = joined(name, parts, result.parts, &Part::quantized);
  result.float_graph = joined(name, parts, result.parts, &Part::float_graph);
  // Where two parts meet, the tensor is the first one's, for both graphs.
  for (size_t p = 1; p < parts.size(); ++p) {
    const Graph& before = *parts[p - 1].float_graph;
    const Graph& part = *parts[p].float_graph;
    for (size_t i = 0; i < part.inputs.size(); ++i) {
      result.parts[p].tensors[part.tensor(part.inputs[i]).name] =
          result.parts[p - 1].tensors.at(before.tensor(before.outputs[i]).name);
    }
  }
  return result;
}

}  // namespace octet::transforms
