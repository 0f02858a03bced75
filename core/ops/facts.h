// The types of the facts about an operator that passes ask for. Each ops/<operator>.cc states all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace octet::ops {

/// A fact that cannot be left out: an operator that does not state it does not compile.
template <class T>
class Stated {
 public:
  template <class Value>
  requires std::is_convertible_v<Value, T>
  constexpr Stated(Value value) : value_(std::move(value)) {}
  constexpr operator T() const { return value_; }
  constexpr const T* operator->() const { return &value_; }

 private:
  T value_;
};

/// How elements of the outputs come from those of the operands.
enum class Elements : uint8_t {
  Moved,     ///< Each is an element of an operand, or filled in.
  Straight,  ///< Of single elements, clamped or scaled: quantities of the same kind.
  Curved,    ///< Of single elements by a function that makes another quantity of them.
  Stepped,   ///< Of single elements, rounded or in another representation.
  Computed,  ///< Of several elements, or of what is known besides.
};

/// What an operator asks of the order in which its operands and results have their axes: prepare/arrange_axes
/// stores tensors in other orders than the file's. ops/axes.h changes attributes accordingly.
enum class AxisRule : uint8_t {
  Elementwise,  ///< Any, if all have it: operands are broadcast to the result.
  Along,        ///< Any, if all have it; attributes name axes. Axes may be dropped from the result.
  LastAxis,     ///< Any that keeps the last axis last, if operand and result have it.
  Image,        ///< Batch, height, width, channels.
  Rows,         ///< Any that keeps the last axis, of which the filter makes others, last.
  Matrix,       ///< The last two may be exchanged, as the attributes then say.
  Regrouped,    ///< Axes that are joined or split stay together, in order.
  Renamed,      ///< The operator itself changes the order.
  Fixed,        ///< That of the file.
};

/// How a small change of the operands moves the float results. quantize/noise/adjoint_kernels.cc computes it.
enum class Derivative : uint8_t {
  None,       ///< There is none, or nobody has needed it.
  Pointwise,  ///< Of one element of each operand: by differences.
  Movement,   ///< The elements move, and with them what they change.
  Sum,
  Difference,
  Separable,        ///< Along height and width by themselves, by what single ones become.
  LargestOfWindow,  ///< All goes to the first of the largest.
  Softmax,
  Convolution,
  DepthwiseConvolution,
  TransposedConvolution,
  MatrixProduct,  ///< With constant weights.
};

/// What may depend on the node's attributes and on shapes and parameters of its tensors.
using NodePredicate = bool (*)(const NodeView& node);
inline bool never(const NodeView&) { return false; }
inline bool always(const NodeView&) { return true; }
/// The integers that operand 0 and output 0 hold differ in type, scale or zero point.
bool between_parameters(const NodeView& node);
/// All operands are computed, and none is broadcast.
bool where_computed_in_one_shape(const NodeView& node);

/// A constant with which an operator on two operands does nothing.
struct NeutralConstant {
  float value;
  bool on_either_side;  ///< Else as operand 1 alone.
};

/// When the operator gives an operand back as it is.
struct Identity {
  /// Whether it is operand 0, knowing that output 0, the only one, has its shape.
  NodePredicate on_equal_shape;
  std::optional<NeutralConstant> neutral = {};
};

/// Multiply-accumulates of one forward pass.
using ProductCount = int64_t (*)(const NodeView& node);
inline int64_t no_products(const NodeView&) { return 0; }

class DecompositionBuilder;

/// The operator in terms of others, for targets and formats that lack it.
struct Decomposition {
  /// The operators that it takes.
  std::span<const OpKind> kinds;
  /// The nodes, in order; the last computes the output.
  std::vector<Node> (*make)(DecompositionBuilder& builder, const Node& node);
};

}  // namespace octet::ops
