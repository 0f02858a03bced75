#include "lowering/integer_edges.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace octet::lowering {
namespace {

void replace(std::vector<TensorId>& ids, TensorId from, TensorId to) {
  std::replace(ids.begin(), ids.end(), from, to);
}

class EdgeStripper {
 public:
  EdgeStripper(Graph graph, DType type)
      : graph_(std::move(graph)), type_(type), dropped_(graph_.nodes.size(), false) {}

  Graph strip() {
    for (TensorId& input : graph_.inputs) strip_input(input);
    std::map<TensorId, TensorId> stripped;  // An output may be listed twice.
    for (TensorId& output : graph_.outputs) {
      const auto [entry, added] = stripped.try_emplace(output, output);
      if (added) strip_output(entry->second);
      output = entry->second;
    }
    std::vector<Node> kept;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!dropped_[n]) kept.push_back(std::move(graph_.nodes[n]));
    }
    graph_.nodes = std::move(kept);
    remove_unused_tensors(graph_);
    return std::move(graph_);
  }

 private:
  void strip_input(TensorId& input) {
    const Tensor real = graph_.tensor(input);
    if (real.dtype != DType::Float32) return;
    TensorId integer = TensorId::None;
    const std::vector<NodeId> readers = consumers(graph_)[index(input)];
    for (const NodeId first : readers) {
      const NodeId reader = behind_clips(first);
      const Node& node = graph_.node(reader);
      const DType found = node.op == OpKind::Quantize ? graph_.tensor(node.outputs[0]).dtype : DType::Float32;
      if (found != type_) not_integer("Input", real.name, problem(node, found, "reads"));
      const TensorId output = node.outputs[0];
      if (integer == TensorId::None) {
        integer = output;
      } else if (graph_.tensor(output).quantization != graph_.tensor(integer).quantization) {
        not_integer("Input", real.name, "it is quantized in two ways.");
      }
      for (NodeId n = first; n != reader; n = consumers(graph_)[index(graph_.node(n).outputs[0])][0])
        dropped_[index(n)] = true;
      dropped_[index(reader)] = true;
      for (Node& other : graph_.nodes) replace(other.inputs, output, integer);
      replace(graph_.outputs, output, integer);
    }
    if (integer == TensorId::None) return;
    graph_.tensor(input).name += "_float";
    graph_.tensor(integer).name = real.name;
    replace(graph_.outputs, input, integer);
    input = integer;
  }

  /// The reader of values that quantization clips in front of QUANTIZE, which integers need not be.
  NodeId behind_clips(NodeId reader) const {
    const auto clips = [&](const Node& node) {
      return (node.op == OpKind::Maximum || node.op == OpKind::Minimum) && node.source_nodes.empty();
    };
    while (clips(graph_.node(reader))) {
      const std::vector<NodeId> next = consumers(graph_)[index(graph_.node(reader).outputs[0])];
      if (next.size() != 1) break;
      reader = next[0];
    }
    return reader;
  }

  void strip_output(TensorId& output) {
    const Tensor real = graph_.tensor(output);
    if (real.dtype != DType::Float32) return;
    const NodeId producer = producers(graph_)[index(output)];
    if (producer == NodeId::None) not_integer("Output", real.name, "it is an input or a constant.");
    const Node& node = graph_.node(producer);
    const DType found = node.op == OpKind::Dequantize ? graph_.tensor(node.inputs[0]).dtype : DType::Float32;
    if (found != type_) not_integer("Output", real.name, problem(node, found, "computes"));
    const TensorId integer = graph_.node(producer).inputs[0];
    if (consumers(graph_)[index(output)].empty()) dropped_[index(producer)] = true;
    const bool is_input =
        std::find(graph_.inputs.begin(), graph_.inputs.end(), integer) != graph_.inputs.end();
    if (!is_input) {
      graph_.tensor(output).name += "_float";
      graph_.tensor(integer).name = real.name;
    }
    output = integer;
  }

  [[noreturn]] void not_integer(const char* what, const std::string& tensor, const std::string& why) const {
    throw Error(
        ErrorCode::UnsupportedModel,
        std::string(what) + " '" + tensor + "' cannot be " + std::string(to_string(type_)) + ": " + why,
        {.tensor = tensor},
        "Export with float32 inputs and outputs, or quantize the nodes at the model's edges.");
  }
  /// Says what is in the way where it is not of the wanted type.
  std::string problem(const Node& node, DType found, const char* does) const {
    if (found == DType::Float32) return "the float node '" + node.name + "' " + does + " it.";
    return "'" + node.name + "' " + does + " it as " + std::string(to_string(found)) + ".";
  }

  Graph graph_;
  DType type_;
  std::vector<bool> dropped_;
};

}  // namespace

Graph with_integer_edges(Graph graph, DType type) { return EdgeStripper(std::move(graph), type).strip(); }

}  // namespace octet::lowering
