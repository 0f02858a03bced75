#include "quantize/precision/unequal_parts.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "ir/short_name.h"
#include "ir/text.h"
#include "ops/operator.h"
#include "partition/normalization_parts.h"
#include "partition/partition.h"
#include "quantize/ranges/integer_params.h"
#include "quantize/ranges/value_parts.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {
namespace {

/// Nodes that lose values to the same scales.
struct Component {
  std::set<size_t> nodes;
  std::set<TensorId> tensors;  ///< What holds the parts.
};

class Relocator {
 public:
  Relocator(const Graph& graph, const partition::Target& target, const calibrate::Calibrator& calibration,
            const RelevantValues& relevant, const QuantizationParams& params)
      : graph_(graph),
        target_(target),
        params_(params),
        parts_(graph, calibration, relevant, params),
        readers_(consumers(graph)) {
    result_.by_node.resize(graph.nodes.size());
  }

  Relocations run() {
    std::vector<Component> components = find_components();
    if (components.empty()) return std::move(result_);
    find_edge();
    find_int16();
    for (Component& component : components) relocate(component);
    return std::move(result_);
  }

 private:
  const Node& node(size_t n) const { return graph_.nodes[n]; }

  /// The tensors by which an integer node loses a part: those it would have to read or compute with one
  /// scale.
  std::vector<TensorId> lossy_tensors(const Node& node) const {
    std::vector<TensorId> lossy;
    if (!is_integer(node)) return lossy;
    for (const std::vector<TensorId>* list : {&node.inputs, &node.outputs}) {
      for (const TensorId id : *list) {
        if (id != TensorId::None && parts_.mismatch(id, node.placement.precision)) lossy.push_back(id);
      }
    }
    return lossy;
  }

  std::vector<Component> find_components() const {
    std::vector<Component> components;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const std::vector<TensorId> lossy = lossy_tensors(node(n));
      if (lossy.empty()) continue;
      Component grown = {.nodes = {n}, .tensors = {lossy.begin(), lossy.end()}};
      std::erase_if(components, [&](const Component& component) {
        const bool touches = std::any_of(lossy.begin(), lossy.end(),
                                         [&](TensorId id) { return component.tensors.count(id) != 0; });
        if (!touches) return false;
        grown.nodes.insert(component.nodes.begin(), component.nodes.end());
        grown.tensors.insert(component.tensors.begin(), component.tensors.end());
        return true;
      });
      components.push_back(std::move(grown));
    }
    return components;
  }

  /// A node is at the model's edge when it multiplies nothing and integers are computed nowhere behind it
  /// but in other such nodes: in float it cuts nothing in two.
  void find_edge() {
    at_edge_.assign(graph_.nodes.size(), true);
    for (size_t n = graph_.nodes.size(); n-- > 0;) {
      at_edge_[n] = ops::multiply_accumulates(graph_, node(n)) == 0;
      for (const TensorId output : node(n).outputs) {
        for (const NodeId reader : readers_[index(output)])
          at_edge_[n] = at_edge_[n] && (!is_integer(graph_.node(reader)) || at_edge_[index(reader)]);
      }
    }
  }

  void find_int16() {
    Graph int16 = graph_;
    const auto wanted = [](const Node&) { return Precision::Int16; };
    partition::partition(int16, target_,
                         {.unquantized_nodes = params_.unquantized_nodes, .precision = wanted});
    for (const Node& node : int16.nodes) runs_in_int16_.push_back(node.placement.unit == Unit::Mla);
  }

  void relocate(Component& component) {
    if (is_for_softmax(component) || stays_as_asked(component)) return;
    const bool at_edge =
        std::all_of(component.nodes.begin(), component.nodes.end(), [&](size_t n) { return at_edge_[n]; });
    if (at_edge) {
      const std::set<size_t> joining = component.nodes;
      for (const size_t n : joining) set(n, Precision::Float32, reason(n));
      for (const size_t n : joining) follow_to_outputs(n, n);
      return;
    }
    add_norms(component);
    const bool int16 = std::all_of(component.nodes.begin(), component.nodes.end(),
                                   [&](size_t n) { return runs_in_int16_[n]; }) &&
                       std::none_of(component.tensors.begin(), component.tensors.end(), [&](TensorId id) {
                         return parts_.mismatch(id, Precision::Int16).has_value();
                       });
    const Precision precision = int16 ? Precision::Int16 : Precision::Float32;
    for (const size_t n : component.nodes) set(n, precision, reason(n));
    if (int16) note_int16(component);
  }

  /// SOFTMAX makes ratios of differences: what counts is how large a step is, not how many a part has, and
  /// RelevantValues keeps it small whatever a mask puts beside the logits.
  bool is_for_softmax(const Component& component) const {
    bool any = false;
    for (const size_t n : component.nodes) {
      if (keeps_parts(node(n))) continue;
      if (node(n).op != OpKind::Softmax) return false;
      any = true;
    }
    return any;
  }

  bool stays_as_asked(const Component& component) {
    for (const size_t n : component.nodes) {
      if (!keeps_parts(node(n)) || !has_own_precision(params_, node(n))) continue;
      result_.notes.push_back("'" + short_name(node(n).name) + "' computes in " +
                              std::string(to_string(node(n).placement.precision)) +
                              " as you asked: " + reason(n));
      return true;
    }
    return false;
  }

  /// The target runs a normalization as a whole, so that all of its nodes have one precision.
  void add_norms(Component& component) const {
    if (!target_.has_mla()) return;
    for (const partition::Norm& norm : partition::find_norms(graph_)) {
      const bool touches = std::any_of(norm.nodes.begin(), norm.nodes.end(),
                                       [&](NodeId id) { return component.nodes.count(index(id)) != 0; });
      if (!touches) continue;
      for (const NodeId id : norm.nodes) component.nodes.insert(index(id));
    }
  }

  /// Nodes that compute from what stays in float, up to the outputs, stay in float with it.
  void follow_to_outputs(size_t from, size_t n) {
    for (const TensorId output : node(n).outputs) {
      for (const NodeId id : readers_[index(output)]) {
        const size_t reader = index(id);
        if (!is_integer(node(reader)) || result_.by_node[reader]) continue;
        set(reader, Precision::Float32,
            "It lies between '" + short_name(node(from).name) +
                "', which stays in float, and the outputs of the model.");
        follow_to_outputs(from, reader);
      }
    }
  }

  void set(size_t n, Precision precision, std::string reason) {
    if (has_own_precision(params_, node(n))) return;
    result_.by_node[n] = {precision, std::move(reason)};
  }

  std::string reason(size_t n) const {
    const std::vector<TensorId> lossy = lossy_tensors(node(n));
    if (lossy.empty())
      return "It is part of a normalization that reads values which no INT8 scale holds together.";
    const Precision precision = node(n).placement.precision;
    const Mismatch mismatch = *parts_.mismatch(lossy.back(), precision);
    const std::vector<TensorId>& inputs = node(n).inputs;
    const bool reads = std::find(inputs.begin(), inputs.end(), lossy[0]) != inputs.end();
    const bool joins = ops::keeps_scale(ops::operator_of(node(n).op));
    const std::string_view does = reads ? "reads" : joins ? "joins" : "computes";
    return "It " + std::string(does) + " values up to " + number_text(mismatch.widest) +
           (joins && !reads ? " with" : " and") + " values up to " + number_text(mismatch.narrowest) +
           ", which one " + std::string(to_string(precision)) + " scale cannot hold together.";
  }

  void note_int16(const Component& component) {
    const Node& first = node(*component.nodes.begin());
    const size_t others = component.nodes.size() - 1;
    std::string subject = "'" + short_name(first.name) + "'";
    if (others > 0)
      subject += " and " + std::to_string(others) + (others > 1 ? " nodes behind it" : " node behind it");
    result_.notes.push_back(subject + (others > 0 ? " compute" : " computes") + " in INT16. " +
                            reason(*component.nodes.begin()));
  }

  const Graph& graph_;
  const partition::Target& target_;
  const QuantizationParams& params_;
  const ValueParts parts_;
  const std::vector<std::vector<NodeId>> readers_;
  std::vector<bool> at_edge_;  ///< By node, as what follows.
  std::vector<bool> runs_in_int16_;
  Relocations result_;
};

}  // namespace

bool Relocations::empty() const {
  return notes.empty() &&
         std::none_of(by_node.begin(), by_node.end(), [](const auto& entry) { return entry.has_value(); });
}

Relocations relocate_unequal_parts(const Graph& graph, const partition::Target& target,
                                   const calibrate::Calibrator& calibration, const RelevantValues& relevant,
                                   const QuantizationParams& params) {
  return Relocator(graph, target, calibration, relevant, params).run();
}

}  // namespace octet::quantize
