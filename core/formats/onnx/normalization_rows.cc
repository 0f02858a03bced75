// Normalizations: Softmax and its kin, and what subtracts a mean and divides by a deviation. The latter are
// taken apart; partition/normalization_parts.h finds their parts again.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

/// The graph's operator along the last axis, along `axis`.
TensorId along(NodeReader& node, OpKind op, const Attributes& attributes, TensorId x, int32_t axis) {
  const int rank = node.shape_of(x).rank();
  const std::vector<int32_t> permutation = exchanged_axes(rank, axis, rank - 1);
  x = node.emit(op, attributes, {transposed(node, x, permutation)});
  return transposed(node, x, permutation);
}

/// Before version 13 all axes from `axis` on, 1 unless given, were one.
void normalize_rows(NodeReader& node, OpKind op, const Attributes& attributes) {
  const TensorId x = node.operand(0);
  const Shape shape = node.shape(0);
  if (shape.rank() == 0) node.unsupported("of a scalar");
  const bool coerces = node.version() < 13;
  const int64_t given = node.integer("axis", coerces ? 1 : -1);
  if (coerces && given == shape.rank()) node.unsupported("along no axis");
  const int32_t axis = node.axis(given, shape.rank());
  const int64_t behind = shape.elements(axis + 1, shape.rank());
  if (!coerces || behind == 1) return node.give(along(node, op, attributes, x, axis));
  const int64_t rows[] = {shape.elements(0, axis), shape[axis] * behind};
  const TensorId flat = node.emit(op, attributes, {reshaped(node, x, rows)});
  node.give(reshaped(node, flat, dims_of(shape)));
}

/// 1 at the first of the largest, 0 elsewhere. As for Softmax, all axes behind were one before version 13.
void read_hardmax(NodeReader& node) {
  const Shape shape = node.shape(0);
  if (shape.rank() == 0) node.unsupported("of a scalar");
  const bool coerces = node.version() < 13;
  int32_t axis = node.axis(node.integer("axis", coerces ? 1 : -1), shape.rank());
  TensorId x = node.operand(0);
  if (coerces) {
    x = reshaped(node, x, std::array{shape.elements(0, axis), shape.elements(axis, shape.rank())});
    axis = 1;
  }
  const Shape rows = node.shape_of(x);
  const TensorId best = node.emit(OpKind::ArgMax, ArgMax{.axis = axis, .output = DType::Int64}, {x});
  std::vector<int64_t> dims = dims_of(rows);
  dims[static_cast<size_t>(axis)] = 1;
  const TensorId hits = equals_place(node, reshaped(node, best, dims), axis, rows[axis]);
  node.give(reshaped(node, cast_to(node, hits, DType::Float32), dims_of(shape)));
}

void read_softmax(NodeReader& node) { normalize_rows(node, OpKind::Softmax, Softmax{1}); }
void read_log_softmax(NodeReader& node) { normalize_rows(node, OpKind::LogSoftmax, NoAttributes{}); }

/// The constants of one value a channel that BatchNormalization has, of operand 1 to 4.
std::vector<float> channel_values(NodeReader& node, size_t i, int64_t channels) {
  std::vector<float> values = node.constant_reals(i, "its parameters");
  if (static_cast<int64_t>(values.size()) != channels)
    node.invalid("its operand " + std::to_string(i) + " has not one value a channel.");
  return values;
}

void read_batch_normalization(NodeReader& node) {
  if (node.integer("training_mode", 0) != 0) node.unsupported("in training mode");
  if (node.version() < 9 && node.integer("spatial", 1) == 0) node.unsupported("with one mean an element");
  if (node.rank(0) < 1) node.invalid("its operand has no channels.");
  const Shape shape = node.shape(0);
  const int32_t channels = shape.rank() > 1 ? shape[1] : 1;
  const std::vector<float> scale = channel_values(node, 1, channels);
  const std::vector<float> bias = channel_values(node, 2, channels);
  const std::vector<float> mean = channel_values(node, 3, channels);
  const std::vector<float> variance = channel_values(node, 4, channels);
  const double epsilon = node.real("epsilon", 1e-5f);
  std::vector<float> factor(scale.size());
  std::vector<float> offset(scale.size());
  for (size_t c = 0; c < scale.size(); ++c) {
    const double slope = scale[c] / std::sqrt(variance[c] + epsilon);
    factor[c] = static_cast<float>(slope);
    offset[c] = static_cast<float>(bias[c] - mean[c] * slope);
  }
  const Shape broadcast = shape_from(channel_dims(channels, shape.rank()));
  const TensorId scaled = binary(node, OpKind::Mul, node.operand(0), node.constant(broadcast, factor));
  node.give(binary(node, OpKind::Add, scaled, node.constant(broadcast, offset)));
}

/// A tensor less its mean, and the mean of the squares of what is left.
struct Centred {
  TensorId values;
  TensorId mean = TensorId::None;  ///< Where it was subtracted.
  TensorId variance = TensorId::None;
};

Centred centred(NodeReader& node, TensorId x, const std::vector<int32_t>& axes, bool subtracts_mean = true) {
  Centred result = {.values = x};
  if (subtracts_mean) {
    result.mean = reduced(node, OpKind::Mean, x, axes, true);
    result.values = binary(node, OpKind::Sub, x, result.mean);
  }
  const TensorId squares = binary(node, OpKind::Mul, result.values, result.values);
  result.variance = reduced(node, OpKind::Mean, squares, axes, true);
  return result;
}

/// A normalized tensor, and what it was normalized by.
struct Normalized {
  TensorId values;
  TensorId mean;  ///< None where it was not subtracted.
  TensorId inverse_deviation;
};

/// (x - mean) / sqrt(variance + epsilon) over these axes; x / sqrt(mean square + epsilon) without the mean.
Normalized normalized(NodeReader& node, TensorId x, const std::vector<int32_t>& axes, float epsilon,
                      bool subtracts_mean = true) {
  const Centred whole = centred(node, x, axes, subtracts_mean);
  const TensorId shifted = binary(node, OpKind::Add, whole.variance, node.scalar(epsilon));
  const TensorId inverse = unary(node, OpKind::Rsqrt, shifted);
  return {binary(node, OpKind::Mul, whole.values, inverse), whole.mean, inverse};
}

/// x * operand `scale` + operand `bias`, where these are there.
TensorId with_scale_and_bias(NodeReader& node, TensorId x, size_t scale, size_t bias) {
  if (node.has(scale)) x = binary(node, OpKind::Mul, x, node.operand(scale));
  if (node.has(bias)) x = binary(node, OpKind::Add, x, node.operand(bias));
  return x;
}

/// Results 1 and 2, where the node has them.
void give_statistics(NodeReader& node, const Normalized& x) {
  if (node.wants_result(1)) node.give(x.mean, 1);
  if (node.wants_result(2)) node.give(x.inverse_deviation, 2);
}

template <bool kSubtractsMean>
void read_layer_normalization(NodeReader& node) {
  const int rank = node.rank(0);
  const int32_t axis = node.axis(node.integer("axis", -1), rank);
  const Normalized x =
      normalized(node, node.operand(0), axes_from(axis, rank), node.real("epsilon", 1e-5f), kSubtractsMean);
  node.give(with_scale_and_bias(node, x.values, 1, 2));
  if (kSubtractsMean) give_statistics(node, x);
}

/// com.microsoft's: of the sum of two tensors and a bias, which is its fourth result.
void read_skip_layer_normalization(NodeReader& node) {
  TensorId sum = binary(node, OpKind::Add, node.operand(0), node.operand(1));
  if (node.has(4)) sum = binary(node, OpKind::Add, sum, node.operand(4));
  const int rank = node.rank(0);
  const Normalized x = normalized(node, sum, {rank - 1}, node.real("epsilon", 1e-5f));
  node.give(with_scale_and_bias(node, x.values, 2, 3));
  give_statistics(node, x);
  if (node.wants_result(3)) node.give(sum, 3);
}

/// x * operand 1 + operand 2, which have one value an index of axis 1.
TensorId scaled_by_channel(NodeReader& node, TensorId x) {
  const int rank = node.shape_of(x).rank();
  const auto by_channel = [&](size_t i) {
    return reshaped(node, node.operand(i), channel_dims(node.shape(i).elements(), rank));
  };
  x = binary(node, OpKind::Mul, x, by_channel(1));
  return binary(node, OpKind::Add, x, by_channel(2));
}

void read_instance_normalization(NodeReader& node) {
  const int rank = node.rank(0);
  if (rank < 3) node.invalid("its operand has no spatial dimensions.");
  const Normalized x = normalized(node, node.operand(0), axes_from(2, rank), node.real("epsilon", 1e-5f));
  node.give(scaled_by_channel(node, x.values));
}

void read_group_normalization(NodeReader& node) {
  const Shape shape = node.shape(0);
  if (shape.rank() < 2) node.invalid("its operand has no channels.");
  const int64_t groups = node.integer("num_groups", 0);
  if (groups < 1 || shape[1] % groups != 0)
    node.invalid("its " + std::to_string(shape[1]) + " channels are not " + std::to_string(groups) +
                 " groups.");
  const int64_t rest = shape.elements(1, shape.rank()) / groups;
  TensorId x = reshaped(node, node.operand(0), std::vector<int64_t>{shape[0], groups, rest});
  x = normalized(node, x, {2}, node.real("epsilon", 1e-5f)).values;
  const bool by_group = node.version() < 21;  // One scale and bias a group.
  if (by_group) x = scaled_by_channel(node, x);
  x = reshaped(node, x, dims_of(shape));
  node.give(by_group ? x : scaled_by_channel(node, x));
}

void read_mean_variance_normalization(NodeReader& node) {
  const std::vector<int64_t> given = node.integers("axes").value_or(std::vector<int64_t>{0, 2, 3});
  std::vector<int32_t> axes = node.axes(given, node.rank(0));
  std::sort(axes.begin(), axes.end());
  // As ONNX defines it: the deviation is kept from 0, not its square.
  const Centred whole = centred(node, node.operand(0), axes);
  const TensorId deviation = unary(node, OpKind::Sqrt, whole.variance);
  const TensorId divisor = binary(node, OpKind::Add, deviation, node.scalar(1e-9f));
  node.give(binary(node, OpKind::Div, whole.values, divisor));
}

/// x divided by its norm along an axis; where that is 0, 0.
void read_lp_normalization(NodeReader& node) {
  const TensorId x = node.operand(0);
  const int32_t axis = node.axis(node.integer("axis", -1), node.rank(0));
  const int64_t p = node.integer("p", 2);
  if (p != 1 && p != 2) node.invalid("its p is neither 1 nor 2.");
  const TensorId powers = unary(node, p == 1 ? OpKind::Abs : OpKind::Square, x);
  TensorId norm = reduced(node, OpKind::Sum, powers, {axis}, true);
  if (p == 2) norm = unary(node, OpKind::Sqrt, norm);
  norm = binary(node, OpKind::Maximum, norm, node.scalar(std::numeric_limits<float>::min()));
  node.give(binary(node, OpKind::Div, x, norm));
}

constexpr OperatorRow kRows[] = {
    {"BatchNormalization", read_batch_normalization},
    {"GroupNormalization", read_group_normalization},
    {"Hardmax", read_hardmax},
    {"InstanceNormalization", read_instance_normalization},
    {"LayerNormalization", read_layer_normalization<true>},
    {"LogSoftmax", read_log_softmax},
    {"LpNormalization", read_lp_normalization},
    {"MeanVarianceNormalization", read_mean_variance_normalization},
    {"RMSNormalization", read_layer_normalization<false>},
    {"SkipLayerNormalization", read_skip_layer_normalization, kMicrosoft},
    {"Softmax", read_softmax},
};

}  // namespace

std::span<const OperatorRow> normalization_rows() { return kRows; }

}  // namespace octet::formats::onnx
