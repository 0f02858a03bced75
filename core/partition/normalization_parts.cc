#include "partition/normalization_parts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ir/graph_edits.h"

namespace octet::partition {
namespace {

/// What a tensor is in a normalization.
enum class Role : uint8_t {
  None,
  Constant,
  Input,     ///< What is normalized.
  Mean,      ///< Its mean.
  Centred,   ///< Input less mean.
  Scale,     ///< The root, its inverse, or that times a constant.
  Product,   ///< Input, mean or centred input times scale, and sums of such and constants.
  Interior,  ///< Anything else that leads to the scale.
};

class Finder {
 public:
  explicit Finder(const Graph& graph) : graph_(graph), uses_(graph) {}

  /// The normalization whose root is node `root`.
  std::optional<Norm> norm_at(NodeId root) {
    roles_.assign(graph_.tensors.size(), Role::None);
    nodes_.clear();
    kind_ = {};
    const Node& node = graph_.node(root);
    if (!is_root(node)) return {};
    add(root, Role::Scale);
    if (!match_variance(node.inputs[0]) || !kind_) return {};
    if (!match_application()) return {};
    std::sort(nodes_.begin(), nodes_.end());
    return Norm{*kind_, input_, nodes_};
  }

 private:
  const Node* made_by(TensorId id, OpKind op) const { return octet::made_by(graph_, uses_, id, op); }

  void add(NodeId id, Role role) {
    if (std::find(nodes_.begin(), nodes_.end(), id) == nodes_.end()) nodes_.push_back(id);
    roles_[index(graph_.node(id).outputs[0])] = role;
  }
  void add(const Node& node, Role role) { add(uses_.producer(node.outputs[0]), role); }

  std::optional<float> scalar(TensorId id) const {
    const Tensor& tensor = graph_.tensor(id);
    if (!tensor.is_constant() || tensor.dtype != DType::Float32 || tensor.shape.elements() != 1) return {};
    return tensor.values<float>()[0];
  }

  bool is_power(const Node& node, float exponent) const {
    return node.op == OpKind::Pow && scalar(node.inputs[1]) == exponent;
  }
  bool is_root(const Node& node) const {
    return node.op == OpKind::Sqrt || node.op == OpKind::Rsqrt || is_power(node, 0.5f) ||
           is_power(node, -0.5f);
  }

  /// `id` is the variance or mean square, perhaps plus a small constant. Finds input, mean and kind.
  bool match_variance(TensorId id) {
    if (const Node* sum = made_by(id, OpKind::Add)) {
      const size_t constant = scalar(sum->inputs[1]) ? 1 : 0;
      if (!scalar(sum->inputs[constant])) return false;
      add(*sum, Role::Interior);
      id = sum->inputs[1 - constant];
    }
    const Node* mean = made_by(id, OpKind::Mean);
    if (mean == nullptr) return false;
    const Reduce& reduce = std::get<Reduce>(mean->attributes);
    if (!reduce.keep_dims) return false;
    add(*mean, Role::Interior);
    if (!match_square(mean->inputs[0], reduce)) return false;
    kind_ = kind_of(graph_.tensor(input_).shape.rank(), reduce.axes);
    roles_[index(input_)] = Role::Input;
    return true;
  }

  bool match_square(TensorId id, const Reduce& reduce) {
    if (const Node* difference = made_by(id, OpKind::SquaredDifference)) {
      add(*difference, Role::Interior);
      return match_centring(*difference, reduce);
    }
    TensorId squared = TensorId::None;
    if (const Node* square = made_by(id, OpKind::Square)) squared = square->inputs[0];
    if (const Node* power = made_by(id, OpKind::Pow); power != nullptr && is_power(*power, 2.0f))
      squared = power->inputs[0];
    if (const Node* product = made_by(id, OpKind::Mul);
        product != nullptr && product->inputs[0] == product->inputs[1])
      squared = product->inputs[0];
    if (squared == TensorId::None) return false;
    add(uses_.producer(id), Role::Interior);
    const Node* difference = made_by(squared, OpKind::Sub);
    if (difference != nullptr && match_centring(*difference, reduce)) {
      add(*difference, Role::Centred);
      return true;
    }
    input_ = squared;
    has_mean_ = false;
    return true;
  }

  /// True when the node's operands are a tensor and its mean, in either order for a square.
  bool match_centring(const Node& difference, const Reduce& reduce) {
    for (const size_t i : {size_t{1}, size_t{0}}) {
      const Node* mean = made_by(difference.inputs[i], OpKind::Mean);
      const TensorId input = difference.inputs[1 - i];
      if (mean == nullptr || mean->inputs[0] != input || std::get<Reduce>(mean->attributes) != reduce)
        continue;
      if (i == 0 && difference.op == OpKind::Sub) continue;
      add(*mean, Role::Mean);
      input_ = input;
      has_mean_ = true;
      return true;
    }
    return false;
  }

  std::optional<NormKind> kind_of(int rank, const std::vector<int32_t>& axes) const {
    if (axes == std::vector<int32_t>{rank - 1}) return has_mean_ ? NormKind::Layer : NormKind::Rms;
    bool spatial = has_mean_ && rank >= 3 && axes.size() == static_cast<size_t>(rank) - 2;
    for (size_t i = 0; spatial && i < axes.size(); ++i) spatial = axes[i] == static_cast<int32_t>(i) + 1;
    return spatial ? std::optional(NormKind::Instance) : std::nullopt;
  }

  Role role_of(TensorId id) const {
    return graph_.tensor(id).is_constant() ? Role::Constant : roles_[index(id)];
  }

  /// The role of what a node computes from operands of these roles; None where it is no part.
  static Role combined(OpKind op, Role a, Role b) {
    const auto are = [&](Role one, Role other) {
      return (a == one && b == other) || (a == other && b == one);
    };
    const auto is_scaled = [](Role role) {
      return role == Role::Input || role == Role::Mean || role == Role::Centred;
    };
    switch (op) {
      case OpKind::Mul:
        if (are(Role::Scale, Role::Constant)) return Role::Scale;
        if (are(Role::Product, Role::Constant)) return Role::Product;
        return (a == Role::Scale && is_scaled(b)) || (b == Role::Scale && is_scaled(a)) ? Role::Product
                                                                                        : Role::None;
      case OpKind::Div:
        if (a == Role::Constant && b == Role::Scale) return Role::Scale;
        return b == Role::Scale && is_scaled(a) ? Role::Product : Role::None;
      case OpKind::Sub:
        if (a == Role::Input && b == Role::Mean) return Role::Centred;
        [[fallthrough]];
      case OpKind::Add:
        return are(Role::Product, Role::Constant) || are(Role::Product, Role::Product) ? Role::Product
                                                                                       : Role::None;
      default:
        return Role::None;
    }
  }

  /// Adds what applies mean and scale to the input. False where nothing does.
  bool match_application() {
    bool applied = false;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.inputs.size() != 2 || roles_[index(node.outputs[0])] != Role::None) continue;
      const Role role = combined(node.op, role_of(node.inputs[0]), role_of(node.inputs[1]));
      if (role == Role::None) continue;
      // A centred input is part of the norm where that scales it.
      roles_[index(node.outputs[0])] = role;
      if (role == Role::Centred) continue;
      for (const TensorId input : node.inputs) {
        if (role_of(input) == Role::Centred) add(uses_.producer(input), Role::Centred);
      }
      add(static_cast<NodeId>(n), role);
      applied = applied || role == Role::Product;
    }
    return applied;
  }

  const Graph& graph_;
  Uses uses_;
  std::vector<Role> roles_;  ///< By tensor.
  std::vector<NodeId> nodes_;
  TensorId input_ = TensorId::None;
  bool has_mean_ = false;
  std::optional<NormKind> kind_;
};

}  // namespace

std::string_view to_string(NormKind kind) {
  switch (kind) {
    case NormKind::Layer:
      return "layer norm";
    case NormKind::Instance:
      return "instance norm";
    case NormKind::Rms:
      return "RMS norm";
  }
  return "";
}

std::vector<Norm> find_norms(const Graph& graph) {
  std::vector<Norm> norms;
  Finder finder(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (std::optional<Norm> norm = finder.norm_at(static_cast<NodeId>(n))) norms.push_back(std::move(*norm));
  }
  return norms;
}

}  // namespace octet::partition
