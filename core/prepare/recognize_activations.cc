// Products of a tensor and a gate that are one activation: exporters of formats without the operator write it
// so. One table rounds once, where the parts would round at every step, and hardware runs it as a whole.
#include "prepare/recognize_activations.h"

#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph_edits.h"

namespace octet::prepare {
namespace {

/// `scale` times the product of tensors, as MUL by and DIV by constants and MUL of tensors make it.
struct Product {
  double scale = 1;
  std::vector<TensorId> factors;
  std::vector<NodeId> nodes;  ///< That compute it, the last one first.
};

/// x + `value`.
struct Shifted {
  TensorId operand;
  double value;
};

/// Constants of formulas are written with as many digits as people like.
bool is_near(double value, double wanted) { return std::fabs(value - wanted) <= 2e-3 * std::fabs(wanted); }

class Matcher {
 public:
  explicit Matcher(Graph& graph) : graph_(graph), uses_(graph) {}

  /// What the node is instead, if it is the last of a product that is an activation.
  struct Match {
    OpKind op;
    Attributes attributes;
    TensorId operand;
    std::vector<NodeId> parts;  ///< That it stands for besides the node.
  };
  std::optional<Match> match(NodeId node, bool recognizes_silu) {
    parts_.clear();
    const TensorId output = graph_.node(node).outputs[0];
    if (graph_.tensor(output).dtype != DType::Float32) return {};
    Product product;
    if (!multiply(node, product)) return {};
    for (const NodeId part : product.nodes) {
      if (part != node) parts_.push_back(part);
    }
    std::optional<Match> found;
    if (product.factors.size() == 1) found = hard_sigmoid(product);
    for (const size_t gate : {size_t{0}, size_t{1}}) {
      if (found || product.factors.size() != 2) break;
      const size_t kept = parts_.size();
      found = gated(product.factors[1 - gate], product.factors[gate], product.scale, recognizes_silu);
      if (!found) parts_.resize(kept);
    }
    if (!found || !(graph_.tensor(found->operand).shape == graph_.tensor(output).shape)) return {};
    found->parts = parts_;
    return found;
  }

 private:
  /// The node that computes a tensor for one reader alone, if it is of this operator: a part.
  const Node* part(TensorId id, OpKind op) {
    const Node* node = made_by(graph_, uses_, id, op);
    if (node == nullptr || !uses_.has_single_reader(id)) return nullptr;
    parts_.push_back(uses_.producer(id));
    return node;
  }

  static bool is_plain_sum(const Node& node, Activation activation = Activation::None) {
    return std::get<Elementwise>(node.attributes).activation == activation;
  }

  /// Multiplies `product` by what the node computes.
  bool multiply(NodeId id, Product& product) {
    constexpr size_t kMostNodes = 8;
    const Node& node = graph_.node(id);
    if ((node.op != OpKind::Mul && node.op != OpKind::Div) || !is_plain_sum(node)) return false;
    if (product.nodes.size() >= kMostNodes) return false;
    product.nodes.push_back(id);
    for (size_t i = 0; i < 2; ++i) {
      const bool divides = node.op == OpKind::Div && i == 1;
      if (const auto constant = uniform_constant(graph_, node.inputs[i])) {
        if (node.op == OpKind::Div && i == 0) return false;
        product.scale *= divides ? 1.0 / *constant : static_cast<double>(*constant);
        continue;
      }
      if (divides) return false;
      const NodeId producer = uses_.producer(node.inputs[i]);
      const bool goes_on = producer != NodeId::None && uses_.has_single_reader(node.inputs[i]);
      if (!goes_on || !multiply(producer, product)) product.factors.push_back(node.inputs[i]);
    }
    return true;
  }

  /// The product behind a tensor that is a part, or the tensor by itself.
  Product product_at(TensorId id) {
    Product product;
    const NodeId producer = uses_.producer(id);
    if (producer == NodeId::None || !uses_.has_single_reader(id) || !multiply(producer, product))
      return {.factors = {id}};
    parts_.insert(parts_.end(), product.nodes.begin(), product.nodes.end());
    return product;
  }

  std::optional<Shifted> shifted(TensorId id, Activation activation = Activation::None) {
    const Node* sum = part(id, OpKind::Add);
    if (sum == nullptr || !is_plain_sum(*sum, activation)) return {};
    for (const size_t i : {size_t{1}, size_t{0}}) {
      if (const auto constant = uniform_constant(graph_, sum->inputs[i]))
        return Shifted{sum->inputs[1 - i], *constant};
    }
    return {};
  }

  /// The x of min(max(x + 3, 0), 6).
  std::optional<TensorId> clipped_gate(TensorId id) {
    std::optional<Shifted> sum;
    if (const Node* clip = part(id, OpKind::Relu6)) {
      sum = shifted(clip->inputs[0]);
    } else {
      sum = shifted(id, Activation::Relu6);
    }
    return sum && sum->value == 3 ? std::optional(sum->operand) : std::nullopt;
  }

  std::optional<Match> hard_sigmoid(const Product& product) {
    const auto x = is_near(product.scale, 1.0 / 6) ? clipped_gate(product.factors[0]) : std::nullopt;
    if (!x) return {};
    return Match{OpKind::HardSigmoid, HardSigmoid{.alpha = 1.0f / 6, .beta = 0.5f}, *x, {}};
  }

  /// x * gate * scale.
  std::optional<Match> gated(TensorId x, TensorId gate, double scale, bool recognizes_silu) {
    if (is_near(scale, 1.0 / 6)) {
      if (clipped_gate(gate) == x) return Match{OpKind::HardSwish, NoAttributes{}, x, {}};
    } else if (is_near(scale, 0.5)) {
      if (const auto gelu = gelu_gate(x, gate)) return Match{OpKind::Gelu, *gelu, x, {}};
    } else if (scale == 1) {
      if (const Node* sigmoid = part(gate, OpKind::HardSigmoid);
          sigmoid != nullptr && sigmoid->inputs[0] == x) {
        const HardSigmoid& line = std::get<HardSigmoid>(sigmoid->attributes);
        if (is_near(line.alpha, 1.0 / 6) && line.beta == 0.5f)
          return Match{OpKind::HardSwish, NoAttributes{}, x, {}};
      }
      const Node* sigmoid = recognizes_silu ? part(gate, OpKind::Logistic) : nullptr;
      if (sigmoid != nullptr && sigmoid->inputs[0] == x) return Match{OpKind::Silu, NoAttributes{}, x, {}};
    }
    return {};
  }

  /// 1 + erf(x / sqrt(2)), or 1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)).
  std::optional<Gelu> gelu_gate(TensorId x, TensorId gate) {
    const auto sum = shifted(gate);
    if (!sum || sum->value != 1) return {};
    if (const Node* erf = part(sum->operand, OpKind::Erf)) {
      const Product argument = product_at(erf->inputs[0]);
      const bool is_gelu =
          argument.factors == std::vector{x} && is_near(argument.scale, 1 / std::numbers::sqrt2);
      return is_gelu ? std::optional(Gelu{.approximate = false}) : std::nullopt;
    }
    const Node* tanh = part(sum->operand, OpKind::Tanh);
    if (tanh == nullptr) return {};
    const Product argument = product_at(tanh->inputs[0]);
    const double wanted = std::sqrt(2 / std::numbers::pi);
    if (argument.factors.size() != 1 || !is_near(argument.scale, wanted)) return {};
    const Node* inner = part(argument.factors[0], OpKind::Add);
    if (inner == nullptr || !is_plain_sum(*inner)) return {};
    for (const size_t i : {size_t{0}, size_t{1}}) {
      if (inner->inputs[i] == x && is_cube(x, inner->inputs[1 - i])) return Gelu{.approximate = true};
    }
    return {};
  }

  /// 0.044715 x^3.
  bool is_cube(TensorId x, TensorId id) {
    const Product cube = product_at(id);
    if (!is_near(cube.scale, 0.044715)) return false;
    if (cube.factors == std::vector{x, x, x}) return true;
    if (cube.factors.size() != 1) return false;
    const Node* power = part(cube.factors[0], OpKind::Pow);
    return power != nullptr && power->inputs[0] == x && uniform_constant(graph_, power->inputs[1]) == 3.0f;
  }

  Graph& graph_;
  Uses uses_;
  std::vector<NodeId> parts_;
};

}  // namespace

int recognize_activations(Graph& graph, bool recognizes_silu) {
  int recognized = 0;
  // What is found makes readers fewer, never more: who reads what need not be counted again.
  Matcher matcher(graph);
  std::vector<bool> is_part(graph.nodes.size(), false);
  // The last of a product first: what is in front of it may be a product too.
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (is_part[n]) continue;
    auto match = matcher.match(static_cast<NodeId>(n), recognizes_silu);
    if (!match) continue;
    Node& node = graph.nodes[n];
    for (const NodeId part : match->parts) {
      if (is_part[index(part)]) continue;
      is_part[index(part)] = true;
      const std::vector<std::string>& sources = graph.node(part).source_nodes;
      node.source_nodes.insert(node.source_nodes.end(), sources.begin(), sources.end());
    }
    node.op = match->op;
    node.attributes = std::move(match->attributes);
    node.inputs = {match->operand};
    ++recognized;
  }
  if (recognized > 0) remove_dead_nodes(graph);
  return recognized;
}

}  // namespace octet::prepare
