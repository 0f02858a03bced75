#include "prepare/arrange_axes.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "emulate/evaluate.h"
#include "ir/graph_edits.h"
#include "ops/operator.h"
#include "prepare/axis_choice.h"

namespace octet::prepare {
namespace {

bool is_transpose(const Node& node) { return node.op == OpKind::Transpose; }

Shape in_order(const Shape& shape, const AxisOrder& order) {
  std::vector<int32_t> dims;
  for (const int32_t axis : order) dims.push_back(shape[axis]);
  return Shape(dims);
}

/// The constant with its axes in another order, those that it lacks in front having one element.
Tensor relaid(const Tensor& constant, const AxisOrder& order) {
  std::vector<int32_t> dims(constant.shape.dims().begin(), constant.shape.dims().end());
  dims.insert(dims.begin(), order.size() - dims.size(), 1);
  Graph alone;
  Tensor wide = constant;
  wide.shape = Shape(dims);
  Tensor moved = constant;
  moved.shape = in_order(wide.shape, order);
  moved.constant = nullptr;
  Node transpose{.name = constant.name, .op = OpKind::Transpose, .attributes = Transpose{order}};
  transpose.inputs = {alone.add_tensor(std::move(wide))};
  transpose.outputs = {alone.add_tensor(std::move(moved))};
  emulate::make_constant_outputs(alone, transpose);
  return alone.tensor(transpose.outputs[0]);
}

/// Gives computed operands that are broadcast as many dimensions as the result has, so that axes correspond.
void widen_operands(Graph& graph) {
  NewNames names(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (ops::operator_of(graph.nodes[n].op).axes != ops::AxisRule::Elementwise) continue;
    const int rank = graph.tensor(graph.nodes[n].outputs[0]).shape.rank();
    for (size_t i = 0; i < graph.nodes[n].inputs.size(); ++i) {
      const TensorId id = graph.nodes[n].inputs[i];
      if (id == TensorId::None || graph.tensor(id).is_constant()) continue;
      std::vector<int32_t> dims(graph.tensor(id).shape.dims().begin(), graph.tensor(id).shape.dims().end());
      if (dims.empty() || static_cast<int>(dims.size()) >= rank) continue;
      dims.insert(dims.begin(), static_cast<size_t>(rank) - dims.size(), 1);
      n += insert_reshape(graph, names, static_cast<NodeId>(n), i, id, Shape(dims),
                          graph.tensor(id).name + "/wide");
    }
  }
}

/// Writes the graph anew with its tensors in the chosen orders.
class Rewriter {
 public:
  Rewriter(const Graph& source, const std::vector<bool>& fixed)
      : source_(source), fixed_(fixed), choice_(source, fixed), result_(source), names_(source) {
    result_.nodes.clear();
    for (size_t t = 0; t < source.tensors.size(); ++t) {
      const auto id = static_cast<TensorId>(t);
      if (source.tensors[t].is_constant()) continue;
      orders_[id] = choice_.stored(id);
      result_.tensors[t].shape = in_order(source.tensors[t].shape, orders_[id]);
    }
  }

  Graph rewrite() {
    for (const TensorId id : source_.inputs) place_input(id);
    for (const Node& node : source_.nodes) add(node);
    for (TensorId& id : result_.outputs) id = place_output(id);
    keep_sources();
    return std::move(result_);
  }

 private:
  /// What stands for a tensor of the source, in its order.
  TensorId stand_in(TensorId id) const {
    const auto found = stand_ins_.find(id);
    return found == stand_ins_.end() ? id : found->second;
  }

  /// A tensor of the result with the elements of `id`, whose axes are stored in `from`, in the order `to`;
  /// `id` itself where they lie there already. `shape`: in the file's order.
  TensorId reordered(TensorId id, const Shape& shape, const AxisOrder& from, const AxisOrder& to,
                     const std::vector<std::string>& sources, TensorId into = TensorId::None) {
    if (from == to && into == TensorId::None) return id;
    // Of the tensor as it is stored, by whatever names its axes go.
    const AxisOrder moves = renamed(to, inverse(from));
    const auto known = reordered_.find({id, moves});
    if (into == TensorId::None && known != reordered_.end()) return known->second;
    Node node;
    node.name = names_.take(result_.tensor(id).name + "/in_order");
    node.inputs = {id};
    node.source_nodes = sources;
    const Shape stored = in_order(shape, to);
    if (lie_alike(shape, from, to)) {
      node.op = OpKind::Reshape;
      node.attributes = Reshape{{stored.dims().begin(), stored.dims().end()}};
    } else {
      node.op = OpKind::Transpose;
      node.attributes = Transpose{moves};
    }
    if (into == TensorId::None) {
      Tensor tensor = result_.tensor(id);
      tensor.name = node.name;
      tensor.shape = stored;
      tensor.file_axes.clear();
      into = result_.add_tensor(std::move(tensor));
      reordered_[{id, moves}] = into;
    }
    node.outputs = {into};
    result_.nodes.push_back(std::move(node));
    return into;
  }

  /// An input that keeps the file's order is brought into that of its region behind it.
  void place_input(TensorId id) {
    const Shape& shape = source_.tensor(id).shape;
    const AxisOrder order = orders_.at(id);
    const AxisOrder file = file_order(shape.rank());
    if (order == file) return;
    if (!fixed_[index(id)]) {
      result_.tensor(id).file_axes = order;
      return;
    }
    result_.tensor(id).shape = shape;
    stand_ins_[id] = reordered(id, shape, file, order, {});
  }

  TensorId place_output(TensorId id) {
    const Shape& shape = source_.tensor(id).shape;
    if (source_.tensor(id).is_constant()) return id;
    const AxisOrder order = orders_.at(id);
    const AxisOrder file = file_order(shape.rank());
    TensorId placed = stand_in(id);
    const bool is_input =
        std::find(result_.inputs.begin(), result_.inputs.end(), placed) != result_.inputs.end();
    const bool is_wanted = !fixed_[index(id)] || order == file;
    const bool is_free = placed == id || (!is_input && outputs_.count(placed) == 0 && !is_output(placed));
    if (!is_wanted || !is_free) {
      // The tensor with the output's name is made of the one that stands for it.
      Tensor tensor = source_.tensor(id);
      tensor.shape = is_wanted ? in_order(shape, order) : shape;
      if (placed == id) {
        result_.tensor(id).name = names_.take(tensor.name + "/in_order");
        result_.tensor(id).file_axes.clear();
      }
      const TensorId into = result_.add_tensor(std::move(tensor));
      placed = reordered(placed, shape, order, is_wanted ? order : file, {}, into);
    }
    result_.tensor(placed).name = source_.tensor(id).name;
    result_.tensor(placed).file_axes = fixed_[index(id)] ? source_.tensor(id).file_axes
                                       : order != file   ? order
                                                         : AxisOrder();
    outputs_.insert(placed);
    return placed;
  }

  bool is_output(TensorId id) const {
    return std::find(source_.outputs.begin(), source_.outputs.end(), id) != source_.outputs.end();
  }

  void add(const Node& source) {
    const Arranged best = arranged(source_, source, [this](TensorId id) { return orders_.at(id); });
    if (is_transpose(source) && !source_.tensor(source.inputs[0]).is_constant()) {
      const TensorId from = source.inputs[0];
      const TensorId to = source.outputs[0];
      const TensorId moved = reordered(stand_in(from), source_.tensor(from).shape, orders_.at(from),
                                       best.operands[0], source.source_nodes);
      // It lies as the result does, under the names of the operand's axes.
      stand_ins_[to] = moved;
      if (moved == stand_in(from)) take_over_name(moved, source);
      dropped_.push_back(&source);
      return;
    }
    Node node = source;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != TensorId::None) node.inputs[i] = operand(source, i, best);
    }
    change_attributes(node, source, best);
    std::vector<std::pair<size_t, TensorId>> moved;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Shape& shape = source_.tensor(source.outputs[i]).shape;
      if (orders_.at(source.outputs[i]) == best.results[i]) continue;
      Tensor tensor = result_.tensor(source.outputs[i]);
      tensor.name = names_.take(tensor.name + "/as_computed");
      tensor.shape = in_order(shape, best.results[i]);
      node.outputs[i] = result_.add_tensor(std::move(tensor));
      moved.emplace_back(i, node.outputs[i]);
    }
    result_.nodes.push_back(std::move(node));
    for (const auto& [i, id] : moved) {
      const TensorId output = source.outputs[i];
      reordered(id, source_.tensor(output).shape, best.results[i], orders_.at(output), source.source_nodes,
                output);
    }
  }

  /// Of one node of the file the last tensor has the file's name, be it that of a TRANSPOSE that goes.
  void take_over_name(TensorId id, const Node& transpose) {
    if (result_.nodes.empty() || is_output(id)) return;
    const Node& last = result_.nodes.back();
    const bool is_made_there = std::find(last.outputs.begin(), last.outputs.end(), id) != last.outputs.end();
    if (!is_made_there || last.source_nodes != transpose.source_nodes) return;
    std::swap(result_.tensor(id).name, result_.tensor(transpose.outputs[0]).name);
  }

  TensorId operand(const Node& node, size_t i, const Arranged& best) {
    const TensorId id = node.inputs[i];
    const Tensor& tensor = source_.tensor(id);
    if (!tensor.is_constant())
      return reordered(stand_in(id), tensor.shape, orders_.at(id), best.operands[i], node.source_nodes);
    if (!broadcasts_constants(node) || tensor.shape.elements() == 1) return id;
    const AxisOrder& order = best.results[0];
    if (order == file_order(static_cast<int>(order.size()))) return id;
    const auto known = relaid_.find({id, order});
    if (known != relaid_.end()) return known->second;
    Tensor constant = relaid(tensor, order);
    constant.name = names_.take(constant.name);
    return relaid_[{id, order}] = result_.add_tensor(std::move(constant));
  }

  void change_attributes(Node& node, const Node& source, const Arranged& best) {
    switch (ops::operator_of(source.op).axes) {
      case ops::AxisRule::Along: {
        const AxisOrder& order = source.op == OpKind::Concatenation ? best.results[0] : best.operands[0];
        if (order != file_order(static_cast<int>(order.size())))
          node.attributes = ops::reordered(source.attributes, order);
        break;
      }
      case ops::AxisRule::Regrouped: {
        const Shape shape = in_order(source_.tensor(source.outputs[0]).shape, best.results[0]);
        if (shape == source_.tensor(source.outputs[0]).shape) break;
        node.op = OpKind::Reshape;
        node.attributes = Reshape{{shape.dims().begin(), shape.dims().end()}};
        break;
      }
      case ops::AxisRule::Matrix: {
        BatchMatmul& product = std::get<BatchMatmul>(node.attributes);
        const auto is_exchanged = [&](size_t i) {
          return best.operands[i] != file_order(static_cast<int>(best.operands[i].size()));
        };
        product.transpose_a ^= is_exchanged(0);
        product.transpose_b ^= is_exchanged(1);
        if (!best.exchanges_factors) break;
        // The transpose of a product is that of its transposed factors in the other order.
        std::swap(node.inputs[0], node.inputs[1]);
        product = {.transpose_a = !product.transpose_b, .transpose_b = !product.transpose_a};
        break;
      }
      default:
        break;
    }
  }

  /// Names of the file's that only dropped nodes had live on with who made, or else first reads, their
  /// tensor.
  void keep_sources() {
    std::set<std::string> alive;
    for (const Node& node : result_.nodes) alive.insert(node.source_nodes.begin(), node.source_nodes.end());
    const std::vector<NodeId> makers = producers(result_);
    const std::vector<std::vector<NodeId>> readers = consumers(result_);
    for (const Node* const node : dropped_) {
      const size_t id = index(stand_in(node->outputs[0]));
      const NodeId first_reader = readers[id].empty() ? NodeId::None : readers[id].front();
      const NodeId heir = makers[id] != NodeId::None ? makers[id] : first_reader;
      for (const std::string& name : node->source_nodes) {
        if (alive.insert(name).second && heir != NodeId::None)
          result_.node(heir).source_nodes.push_back(name);
      }
    }
  }

  const Graph& source_;
  const std::vector<bool>& fixed_;
  AxisChoice choice_;
  Graph result_;
  NewNames names_;
  std::map<TensorId, AxisOrder> orders_;  ///< Of the source's computed tensors.
  std::map<TensorId, TensorId> stand_ins_;
  std::map<std::pair<TensorId, AxisOrder>, TensorId> reordered_;
  std::map<std::pair<TensorId, AxisOrder>, TensorId> relaid_;
  std::vector<const Node*> dropped_;
  std::set<TensorId> outputs_;
};

/// True where a computed tensor is integers that stand for reals: their TRANSPOSEs are between parameters.
bool is_quantized(const Graph& graph) {
  return std::any_of(graph.tensors.begin(), graph.tensors.end(), [](const Tensor& tensor) {
    return !tensor.is_constant() && tensor.quantization.has_value();
  });
}

/// One round, in which no region may have found the best order: others decided after it.
bool arrange_once(Graph& graph, const AxisOptions& options) {
  const auto transposes = [](const Graph& any) {
    return std::count_if(any.nodes.begin(), any.nodes.end(), is_transpose);
  };
  const auto before = transposes(graph);
  if (before == 0) return false;
  Graph wide = graph;
  widen_operands(wide);
  std::vector<bool> fixed(wide.tensors.size(), false);
  for (const auto* edges : {&wide.inputs, &wide.outputs}) {
    for (const TensorId id : *edges)
      fixed[index(id)] = options.keeps_edges || wide.tensor(id).shape.rank() != 4;
  }
  Graph arranged = Rewriter(wide, fixed).rewrite();
  if (transposes(arranged) >= before) return false;
  remove_unused_tensors(arranged);
  graph = std::move(arranged);
  return true;
}

}  // namespace

bool arrange_axes(Graph& graph, const AxisOptions& options) {
  constexpr int kMostRounds = 4;
  if (is_quantized(graph) || !arrange_once(graph, options)) return false;
  // The edges are as they are now: file_axes is of the file's order, not of the round before.
  for (int round = 1; round < kMostRounds && arrange_once(graph, {.keeps_edges = true}); ++round) {
  }
  return true;
}

}  // namespace octet::prepare
