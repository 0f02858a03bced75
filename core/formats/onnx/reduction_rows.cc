// Reductions along axes.
#include <algorithm>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

struct Reduction {
  std::vector<int32_t> axes;  ///< Sorted; none where nothing is to be done.
  bool keep_dims = true;
};

/// The axes were an attribute before version 18, of ReduceSum before 13; without any, all are meant.
Reduction reduction_of(NodeReader& node) {
  const int rank = node.rank(0);
  Reduction reduction;
  reduction.keep_dims = node.integer("keepdims", 1) != 0;
  if (const auto given = node.integers("axes", 1)) reduction.axes = node.axes(*given, rank);
  if (reduction.axes.empty() && node.integer("noop_with_empty_axes", 0) == 0) {
    reduction.axes = axes_from(0, rank);
  }
  std::sort(reduction.axes.begin(), reduction.axes.end());
  if (std::adjacent_find(reduction.axes.begin(), reduction.axes.end()) != reduction.axes.end())
    node.invalid("it has an axis twice.");
  return reduction;
}

template <OpKind kKind>
void read_reduce(NodeReader& node) {
  const Reduction reduction = reduction_of(node);
  const DType type = node.tensor(0).dtype;
  // Truth values are ordered as 0 and 1.
  const TensorId x = type == DType::Bool ? cast_to(node, node.operand(0), DType::Int32) : node.operand(0);
  node.give(cast_to(node, reduced(node, kKind, x, reduction.axes, reduction.keep_dims), type));
}

/// The sum of what `kBefore` makes of each element.
template <OpKind kBefore>
TensorId sum_of(NodeReader& node) {
  const Reduction reduction = reduction_of(node);
  const TensorId values = unary(node, kBefore, node.operand(0));
  return reduced(node, OpKind::Sum, values, reduction.axes, reduction.keep_dims);
}

void read_l1(NodeReader& node) { node.give(sum_of<OpKind::Abs>(node)); }
void read_l2(NodeReader& node) { node.give(unary(node, OpKind::Sqrt, sum_of<OpKind::Square>(node))); }
void read_sum_square(NodeReader& node) { node.give(sum_of<OpKind::Square>(node)); }

void read_log_sum(NodeReader& node) {
  const Reduction reduction = reduction_of(node);
  const TensorId sum = reduced(node, OpKind::Sum, node.operand(0), reduction.axes, reduction.keep_dims);
  node.give(unary(node, OpKind::Log, sum));
}

/// log(sum(exp(x))), relative to the largest so that nothing overflows.
void read_log_sum_exp(NodeReader& node) {
  const Reduction reduction = reduction_of(node);
  const TensorId x = node.operand(0);
  const TensorId largest = reduced(node, OpKind::ReduceMax, x, reduction.axes, true);
  const TensorId powers = unary(node, OpKind::Exp, binary(node, OpKind::Sub, x, largest));
  const TensorId sum = reduced(node, OpKind::Sum, powers, reduction.axes, true);
  const TensorId logarithm = binary(node, OpKind::Add, unary(node, OpKind::Log, sum), largest);
  if (reduction.keep_dims) return node.give(logarithm);
  std::vector<int64_t> dims;
  for (int32_t axis = 0; axis < node.rank(0); ++axis) {
    if (!std::binary_search(reduction.axes.begin(), reduction.axes.end(), axis))
      dims.push_back(node.shape(0)[axis]);
  }
  node.give(reshaped(node, logarithm, dims));
}

/// The first of the largest, or with `select_last_index` the last: the first of the reversed axis.
template <bool kSmallest>
void read_arg_extreme(NodeReader& node) {
  TensorId x = node.operand(0);
  const Shape shape = node.shape(0);
  const int32_t axis = node.axis(node.integer("axis", 0), shape.rank());
  const bool takes_last = node.integer("select_last_index", 0) != 0;
  if (node.graph().tensor(x).dtype != DType::Float32) x = cast_to(node, x, DType::Float32);
  if (kSmallest) x = unary(node, OpKind::Neg, x);
  if (takes_last) x = strided(node, x, axis, shape[axis] - 1, -1, shape[axis]);
  TensorId index = node.emit(OpKind::ArgMax, ArgMax{.axis = axis, .output = DType::Int64}, {x});
  if (takes_last) {
    const TensorId last = node.constant<int64_t>(Shape(), {int64_t{shape[axis]} - 1});
    index = binary(node, OpKind::Sub, last, index);
  }
  std::vector<int64_t> dims = dims_of(shape);
  dims[static_cast<size_t>(axis)] = 1;
  node.give(node.integer("keepdims", 1) != 0 ? reshaped(node, index, dims) : index);
}

constexpr OperatorRow kRows[] = {
    {"ArgMax", read_arg_extreme<false>},
    {"ArgMin", read_arg_extreme<true>},
    {"ReduceL1", read_l1},
    {"ReduceL2", read_l2},
    {"ReduceLogSum", read_log_sum},
    {"ReduceLogSumExp", read_log_sum_exp},
    {"ReduceMax", read_reduce<OpKind::ReduceMax>},
    {"ReduceMean", read_reduce<OpKind::Mean>},
    {"ReduceMin", read_reduce<OpKind::ReduceMin>},
    {"ReduceProd", read_reduce<OpKind::ReduceProd>},
    {"ReduceSum", read_reduce<OpKind::Sum>},
    {"ReduceSumSquare", read_sum_square},
};

}  // namespace

std::span<const OperatorRow> reduction_rows() { return kRows; }

}  // namespace octet::formats::onnx
