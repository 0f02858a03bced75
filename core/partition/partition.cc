#include "partition/partition.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "ir/text.h"
#include "ops/operator.h"
#include "partition/node_names.h"
#include "partition/normalization_parts.h"
#include "partition/segments.h"

namespace octet::partition {
namespace {

/// Collects the sentences that say why a node cannot be an integer node of the target.
class Reasons {
 public:
  Reasons(const Graph& graph, const Target& target, const Options& options)
      : graph_(graph), target_(target), options_(options) {}

  /// What the node is to compute in, wherever it runs.
  Precision wanted(const Node& node) const {
    const bool kept = std::any_of(options_.unquantized_nodes.begin(), options_.unquantized_nodes.end(),
                                  [&](const std::string& name) { return fit_of(name, node) != Fit::None; });
    return kept ? Precision::Float32 : options_.precision(node);
  }

  std::vector<std::string> of(const Node& node) const {
    std::vector<std::string> reasons;
    const Precision precision = wanted(node);
    if (precision == Precision::Float32) {
      reasons.push_back(options_.float_sentence(node));
      return reasons;
    }
    const ops::Operator& op = ops::operator_of(node.op);
    const std::string runs = std::string(to_string(node.op)) + " runs " + std::string(target_.place);
    const ops::Support& support = partition::support(op, target_);
    if (!runs_in(op, target_, precision)) {
      reasons.push_back(std::string(to_string(node.op)) + " does not run " + std::string(target_.place) +
                        " in " + std::string(to_string(precision)) + ".");
      return reasons;
    }
    if (const std::string problem = operand_problem(node, op); !problem.empty()) {
      reasons.push_back(problem);
      return reasons;  // Constraints may take for granted that operands are of the usual kind.
    }
    const NodeView view(graph_, node);
    const ops::ConstraintView constraint_view = {
        .node = view, .target = target_.id, .precision = precision, .any_shape = target_.any_shape_on_mla};
    for (const ops::Constraint& constraint : support.constraints) {
      if (constraint.holds(constraint_view)) continue;
      reasons.push_back(
          text({runs, " only if ", constraint.sentence, ", and ", constraint.found(constraint_view), "."}));
    }
    return reasons;
  }

 private:
  /// What forbids any node to become an integer node: operands that cannot be quantized. Empty when nothing
  /// does.
  std::string operand_problem(const Node& node, const ops::Operator& op) const {
    const NodeView view(graph_, node);
    bool computes = false;
    for (size_t i = 0; i < view.input_count(); ++i) {
      if (!view.has_input(i)) continue;
      const Tensor& input = view.input(i);
      if (ops::is_plain_operand(op, i)) continue;
      computes = computes || !input.is_constant();
      if (input.dtype == DType::Float32) continue;
      return "Its input '" + input.name + "' is " + std::string(to_string(input.dtype)) +
             "; only float32 tensors are quantized.";
    }
    if (!computes) return "All of its inputs are constants.";
    if (op.quantization.weight) {
      const ops::WeightOperand& weight = *op.quantization.weight;
      const auto is_computed = [&](size_t i) { return view.has_input(i) && !view.input(i).is_constant(); };
      if (is_computed(weight.index)) return "Its weights are computed; only constant weights are quantized.";
      if (weight.bias && is_computed(*weight.bias))
        return "Its bias is computed; only a constant bias is quantized.";
    }
    return {};
  }

  const Graph& graph_;
  const Target& target_;
  const Options& options_;
};

/// True when the operator has a kernel that computes in `precision`.
bool computes_in(const ops::Operator& op, Precision precision) {
  if (precision == Precision::Int8) return op.kernels.i8 != nullptr;
  if (precision == Precision::Int16) return op.kernels.i16 != nullptr;
  return precision == Precision::BFloat16 && op.kernels.f32 != nullptr;
}

/// Whether the MLA runs a normalization, by the shape of what it normalizes and in the precision of its
/// parts.
bool runs_norm(const Graph& graph, const Norm& norm, const Target& target, const Reasons& reasons) {
  const Tensor& input = graph.tensor(norm.input);
  const int rank = input.shape.rank();
  const bool fits = rank == 4 || (rank == 5 && norm.kind == NormKind::Instance) || target.any_shape_on_mla;
  if (!fits || input.is_constant()) return false;
  const Precision precision = reasons.wanted(graph.node(norm.nodes[0]));
  if (precision == Precision::BFloat16 && !target.bf16) return false;
  return std::all_of(norm.nodes.begin(), norm.nodes.end(), [&](NodeId id) {
    const Node& node = graph.node(id);
    return reasons.wanted(node) == precision && computes_in(ops::operator_of(node.op), precision);
  });
}

/// Puts all nodes of a normalization on the MLA where it runs that as a whole. Returns a sentence for each.
std::vector<std::string> place_norms(Graph& graph, const Target& target, const Reasons& reasons) {
  std::vector<std::string> notes;
  if (!target.has_mla()) return notes;
  for (const Norm& norm : find_norms(graph)) {
    if (!runs_norm(graph, norm, target, reasons)) continue;
    for (const NodeId id : norm.nodes) {
      Placement& placement = graph.node(id).placement;
      placement.reasons.clear();
      placement.unit = Unit::Mla;
      placement.precision = reasons.wanted(graph.node(id));
    }
    notes.push_back("The " + std::to_string(norm.nodes.size()) + " nodes up to '" +
                    graph.node(norm.nodes.back()).name + "' are one " + std::string(to_string(norm.kind)) +
                    " and run " + std::string(target.place) + " together.");
  }
  return notes;
}

/// Moves nodes from the APU to the CVU where their operator allows it and only CVU nodes separate them from
/// the inputs (pre-processing) or from the outputs (post-processing).
void place_on_cvu(Graph& graph) {
  const std::vector<NodeId> producer = producers(graph);
  const std::vector<std::vector<NodeId>> readers = consumers(graph);
  const auto can = [&](const Node& n) { return n.placement.unit == Unit::Apu && ops::operator_of(n.op).cvu; };

  std::vector<bool> pre(graph.nodes.size(), false);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const std::vector<TensorId>& inputs = graph.nodes[n].inputs;
    pre[n] = can(graph.nodes[n]) && std::all_of(inputs.begin(), inputs.end(), [&](TensorId id) {
               const NodeId source = id == TensorId::None ? NodeId::None : producer[index(id)];
               return source == NodeId::None || pre[index(source)];
             });
  }
  std::vector<bool> post(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const std::vector<TensorId>& outputs = graph.nodes[n].outputs;
    post[n] =
        can(graph.nodes[n]) && std::all_of(outputs.begin(), outputs.end(), [&](TensorId id) {
          const std::vector<NodeId>& list = readers[index(id)];
          return std::all_of(list.begin(), list.end(), [&](NodeId reader) { return post[index(reader)]; });
        });
  }
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (pre[n] || post[n]) graph.nodes[n].placement.unit = Unit::Cvu;
  }
}

std::vector<UnitShare> shares(const Graph& graph, const Target& target) {
  std::vector<UnitShare> shares = {{.unit = Unit::Mla}, {.unit = Unit::Apu}};
  if (target.has_cvu) shares.push_back({.unit = Unit::Cvu});
  std::vector<bool> counted(graph.tensors.size(), false);  // A constant that several nodes share counts once.
  for (const Node& node : graph.nodes) {
    UnitShare& share = *std::find_if(shares.begin(), shares.end(),
                                     [&](const UnitShare& s) { return s.unit == node.placement.unit; });
    ++share.nodes;
    share.multiply_accumulates += ops::multiply_accumulates(graph, node);
    for (const TensorId input : node.inputs) {
      if (input == TensorId::None || !graph.tensor(input).is_constant() || counted[index(input)]) continue;
      counted[index(input)] = true;
      share.parameters += graph.tensor(input).shape.elements();
    }
  }
  return shares;
}

}  // namespace

Report partition(Graph& graph, const Target& target, const Options& options) {
  for (const std::string& name : options.unquantized_nodes)
    check_name(graph, name, "which is to stay in float");
  const Reasons reasons(graph, target, options);
  for (Node& node : graph.nodes) {
    node.placement.reasons = reasons.of(node);
    const bool on_mla = node.placement.reasons.empty();
    node.placement.unit = on_mla ? Unit::Mla : Unit::Apu;
    node.placement.precision = on_mla ? options.precision(node) : Precision::Float32;
  }
  std::vector<std::string> notes = place_norms(graph, target, reasons);
  if (target.has_cvu) place_on_cvu(graph);

  Report report = report_on(graph, target);
  report.notes = std::move(notes);
  return report;
}

Report report_on(Graph& graph, const Target& target) {
  Report report;
  report.segments = make_segments(graph, target);
  report.units = shares(graph, target);
  report.boundary_bytes = boundary_bytes(graph, report.segments);
  return report;
}

void copy_precisions(const Graph& quantized, Graph& graph) {
  std::map<std::string_view, DType> types;
  for (const Node& node : quantized.nodes) types.emplace(node.name, quantized.tensor(node.outputs[0]).dtype);
  for (Node& node : graph.nodes) {
    const auto found = types.find(node.name);
    if (found == types.end()) continue;
    for (const Precision precision : {Precision::Int8, Precision::Int16, Precision::BFloat16}) {
      if (dtype_of(precision) == found->second) node.placement.precision = precision;
    }
  }
}

void copy_segments(const Graph& placed, Graph& graph) {
  std::map<std::string_view, int> segments;
  for (const Node& node : placed.nodes) segments.emplace(node.name, node.placement.segment);
  for (Node& node : graph.nodes) {
    const auto found = segments.find(node.name);
    node.placement.segment = found == segments.end() ? -1 : found->second;
  }
}

}  // namespace octet::partition
