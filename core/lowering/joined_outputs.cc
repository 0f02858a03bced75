#include "lowering/joined_outputs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "ir/graph_edits.h"
#include "ir/short_name.h"
#include "ir/text.h"
#include "ops/operator.h"
#include "quantize/ranges/integer_params.h"
#include "quantize/ranges/part_ratio.h"
#include "quantize/weights/quantized_constants.h"

namespace octet::lowering {
namespace {

using calibrate::Range;

constexpr size_t kPartsShown = 3;

bool is_integer(const Tensor& tensor) {
  return (tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16) && tensor.quantization.has_value();
}

bool converts(const Node& node) { return node.op == OpKind::Quantize || node.op == OpKind::Dequantize; }

Precision precision_of(DType type) { return type == DType::Int16 ? Precision::Int16 : Precision::Int8; }

Range reals_of(const Tensor& tensor) {
  if (is_integer(tensor)) return quantize::range_of(*tensor.quantization, precision_of(tensor.dtype));
  return quantize::finite_range_of(tensor);
}

Range united(Range a, Range b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

/// Something that an output joins: a tensor with a scale of its own, or a constant.
struct Leaf {
  TensorId values;
  NodeId reader = NodeId::None;  ///< The node that joins it, by its operand `operand`.
  size_t operand = 0;
};

/// What an output is computed from by joining and moving alone.
class Joining {
 public:
  Joining(const Graph& graph, const std::vector<NodeId>& producer, TensorId output)
      : graph_(graph), producer_(producer) {
    visit(output, NodeId::None, 0);
  }

  /// True when all that is joined are constants and integers with a scale.
  bool is_of_integers() const { return of_integers_ && !leaves_.empty(); }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  const std::set<NodeId>& nodes() const { return nodes_; }
  /// That of the first of the integers.
  DType integer_type() const {
    const auto first = std::find_if(leaves_.begin(), leaves_.end(),
                                    [&](const Leaf& leaf) { return is_integer(graph_.tensor(leaf.values)); });
    return first == leaves_.end() ? DType::Int8 : graph_.tensor(first->values).dtype;
  }

  QuantParams params(DType type) const {
    Range whole;
    bool asymmetric = false;
    for (const Leaf& leaf : leaves_) {
      const Tensor& tensor = graph_.tensor(leaf.values);
      whole = united(whole, reals_of(tensor));
      asymmetric = asymmetric || (tensor.quantization && tensor.quantization->zero_point[0] != 0);
    }
    return type == DType::Int16 ? quantize::int16_params(whole) : quantize::int8_params(whole, asymmetric);
  }

 private:
  void visit(TensorId id, NodeId reader, size_t operand) {
    if (!seen_.insert(id).second) return;
    const Tensor& tensor = graph_.tensor(id);
    const NodeId producer = producer_[index(id)];
    const Node* const node = producer == NodeId::None ? nullptr : &graph_.node(producer);
    if (node != nullptr && converts(*node) && is_integer(graph_.tensor(node->inputs[0]))) {
      visit(node->inputs[0], reader, operand);
    } else if (node != nullptr && ops::keeps_scale(ops::operator_of(node->op))) {
      nodes_.insert(producer);
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        if (ops::is_moved_operand(ops::operator_of(node->op), i)) visit(node->inputs[i], producer, i);
      }
    } else {
      const bool is_constant = tensor.is_constant() && tensor.dtype == DType::Float32;
      of_integers_ = of_integers_ && (is_constant || is_integer(tensor));
      leaves_.push_back({id, reader, operand});
    }
  }

  const Graph& graph_;
  const std::vector<NodeId>& producer_;
  std::set<TensorId> seen_;
  std::vector<Leaf> leaves_;
  std::set<NodeId> nodes_;  ///< In topological order.
  bool of_integers_ = true;
};

/// Computes what outputs join in integers.
class Rewriter {
 public:
  Rewriter(Graph graph, DType type) : graph_(std::move(graph)), type_(type), names_(graph_) {}

  Graph rewrite() {
    const std::vector<NodeId> producer = producers(graph_);
    std::map<TensorId, TensorId> rewritten;
    for (TensorId& output : graph_.outputs) {
      if (const auto done = rewritten.find(output); done != rewritten.end()) {
        output = done->second;
        continue;
      }
      if (graph_.tensor(output).dtype != DType::Float32 || producer[index(output)] == NodeId::None) continue;
      const Node& last = graph_.node(producer[index(output)]);
      const bool has_integers = last.op == OpKind::Dequantize && graph_.tensor(last.inputs[0]).dtype == type_;
      const Joining joining(graph_, producer, output);
      if (has_integers || !joining.is_of_integers() || !runs_in_integers(joining)) continue;
      const TensorId integers = add_integers(joining, output);
      rewritten.emplace(output, integers);
      output = integers;
    }
    remove_dead_nodes(graph_);
    remove_unused_tensors(graph_);
    return std::move(graph_);
  }

 private:
  bool runs_in_integers(const Joining& joining) const {
    return std::all_of(joining.nodes().begin(), joining.nodes().end(), [&](NodeId id) {
      const ops::Support& support = ops::operator_of(graph_.node(id).op).tflite;
      return type_ == DType::Int16 ? support.int16 : support.int8;
    });
  }

  TensorId add_tensor(const Tensor& like, const std::string& name, std::optional<QuantParams> params) {
    const DType dtype = params ? type_ : DType::Float32;
    return graph_.add_tensor({.name = name,
                              .dtype = dtype,
                              .shape = like.shape,
                              .constant = nullptr,
                              .quantization = std::move(params)});
  }

  void add_conversion(OpKind op, TensorId from, TensorId to) {
    graph_.nodes.push_back({.name = names_.take(graph_.tensor(to).name),
                            .op = op,
                            .attributes = NoAttributes{},
                            .inputs = {from},
                            .outputs = {to},
                            .source_nodes = {},
                            .placement = {}});
  }

  TensorId integers_of(const Leaf& leaf, const QuantParams& params) {
    const Tensor tensor = graph_.tensor(leaf.values);
    if (!is_integer(tensor)) {
      Tensor constant = quantize::quantize_constant(tensor, params, precision_of(type_));
      constant.name = names_.take(constant.name + "_integers");
      return graph_.add_tensor(std::move(constant));
    }
    if (tensor.dtype == type_ && *tensor.quantization == params) return leaf.values;
    const TensorId requantized = add_tensor(tensor, names_.take(tensor.name + "_requantized"), params);
    add_conversion(OpKind::Quantize, leaf.values, requantized);
    return requantized;
  }

  /// Returns the new output: a DEQUANTIZE of the integers, by the old one's name.
  TensorId add_integers(const Joining& joining, TensorId output) {
    const QuantParams params = joining.params(type_);
    std::map<TensorId, TensorId> integers;
    for (const Leaf& leaf : joining.leaves()) integers.emplace(leaf.values, integers_of(leaf, params));
    for (const NodeId id : joining.nodes()) {
      Node node = graph_.node(id);
      node.name = names_.take(node.name + "_integers");
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (ops::is_moved_operand(ops::operator_of(node.op), i))
          node.inputs[i] = integers.at(before_conversions(node.inputs[i], integers));
      }
      for (TensorId& made : node.outputs) {
        const Tensor real = graph_.tensor(made);
        const TensorId integer = add_tensor(real, names_.take(real.name + "_integers"), params);
        integers.emplace(std::exchange(made, integer), integer);
      }
      graph_.nodes.push_back(std::move(node));
    }
    const TensorId joined = integers.at(before_conversions(output, integers));
    const Tensor real = graph_.tensor(output);
    graph_.tensor(output).name = names_.take(real.name + "_real");
    const TensorId renamed = add_tensor(real, real.name, {});
    add_conversion(OpKind::Dequantize, joined, renamed);
    return renamed;
  }

  /// The tensor that was converted to this one, and has integers.
  TensorId before_conversions(TensorId id, const std::map<TensorId, TensorId>& integers) const {
    while (integers.count(id) == 0) id = graph_.node(producers(graph_)[index(id)]).inputs[0];
    return id;
  }

  Graph graph_;
  DType type_;
  NewNames names_;
};

/// "channels 4 to 5 of 'concat'".
std::string place_of(const Graph& graph, const Leaf& leaf) {
  const auto named = [](const std::string& name) { return "'" + short_name(name) + "'"; };
  if (leaf.reader == NodeId::None) return named(graph.tensor(leaf.values).name);
  const Node& node = graph.node(leaf.reader);
  if (node.op != OpKind::Concatenation && node.op != OpKind::Pack)
    return "what '" + short_name(node.name) + "' reads as " + named(graph.tensor(leaf.values).name);
  const int32_t axis = std::get<Axis>(node.attributes).axis;
  const auto length = [&](size_t operand) {
    return node.op == OpKind::Pack ? 1 : graph.tensor(node.inputs[operand]).shape[axis];
  };
  int32_t first = 0;
  for (size_t i = 0; i < leaf.operand; ++i) first += length(i);
  const int32_t last = first + length(leaf.operand) - 1;
  const bool is_last_axis = axis == graph.tensor(node.outputs[0]).shape.rank() - 1;
  const std::string one = is_last_axis ? "channel" : "index";
  const std::string several = is_last_axis ? "channels" : "indices";
  return (first == last ? one + " " + std::to_string(first)
                        : several + " " + std::to_string(first) + " to " + std::to_string(last)) +
         (is_last_axis ? "" : " along axis " + std::to_string(axis)) + " of " + named(node.name);
}

double width(Range range) { return range.high - range.low; }

constexpr const char* kRemedy =
    " Write it as float32 (`--io float32`), where each part keeps its own scale, or cut the model before it.";

/// What is wrong with one scale for the output; empty where nothing is.
std::string note_of(const Graph& graph, const Joining& joining, TensorId output, DType type) {
  const QuantParams params = joining.params(type);
  const auto step = static_cast<double>(params.scale[0]);
  const std::string name(to_string(type));
  const std::string subject = "As " + name + ", output '" + short_name(graph.tensor(output).name) + "' ";
  std::vector<std::string> places;
  double narrowest = 0;
  bool computed_in_int16 = false;
  for (const Leaf& leaf : joining.leaves()) {
    const Tensor& tensor = graph.tensor(leaf.values);
    computed_in_int16 = computed_in_int16 || (type == DType::Int8 && tensor.dtype == DType::Int16);
    const double steps = width(reals_of(tensor)) / step;
    if (steps <= 0 || steps >= quantize::kFewestSteps) continue;
    narrowest = places.empty() ? steps : std::min(narrowest, steps);
    if (places.size() < kPartsShown) places.push_back(place_of(graph, leaf));
  }
  if (places.empty()) {
    if (!computed_in_int16) return {};
    return subject + "keeps 8 of the 16 bits that it has: it is computed in int16." + kRemedy;
  }
  std::string list = places[0];
  for (size_t i = 1; i < places.size(); ++i) list += ", " + places[i];
  const std::string ranges = places.size() == 1 ? "the range of " : "the ranges of ";
  return subject + "has one scale, with steps of " + number_text(step) +
         ", for all that it joins: " + ranges + list + (places.size() == 1 ? " is " : " are as little as ") +
         number_text(narrowest) + " steps wide." + kRemedy;
}

}  // namespace

std::vector<std::string> joined_output_notes(const Graph& graph, std::optional<DType> type) {
  std::vector<std::string> notes;
  const std::vector<NodeId> producer = producers(graph);
  for (const TensorId output : graph.outputs) {
    const Joining joining(graph, producer, output);
    if (!joining.is_of_integers()) continue;
    std::string note = note_of(graph, joining, output, type.value_or(joining.integer_type()));
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

Graph with_joined_integers(Graph graph, DType type) { return Rewriter(std::move(graph), type).rewrite(); }

}  // namespace octet::lowering
