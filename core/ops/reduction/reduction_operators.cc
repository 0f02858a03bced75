#include "ops/reduction/reduction_operators.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/arithmetic/requantize.h"
#include "ops/activation.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

/// With int8 elements and zero points, 255 times this stays below 2^31.
constexpr int64_t kMostInt8Elements = int64_t{1} << 23;

}  // namespace

std::vector<TensorType> infer_reduced(const NodeView& node) {
  const Tensor& input = node.input(0);
  const auto& [axes, keep_dims] = node.attributes<Reduce>();
  for (size_t i = 0; i < axes.size(); ++i) {
    expect_axis(node, axes[i], input.shape.rank());
    if (i > 0 && axes[i] <= axes[i - 1]) node.fail("its axes are not in ascending order.");
  }
  std::vector<int64_t> dims;
  for (int axis = 0; axis < input.shape.rank(); ++axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (!reduced) dims.push_back(input.shape[axis]);
    if (reduced && keep_dims) dims.push_back(1);
  }
  return {{input.dtype, output_shape(node, dims)}};
}

kernels::AxisSum axis_sum(const NodeView& node) {
  kernels::AxisSum sum(node.input(0).shape, node.attributes<Reduce>().axes);
  if (node.input(0).dtype == DType::Int8 && sum.count() > kMostInt8Elements) {
    node.fail("it adds up " + std::to_string(sum.count()) + " elements; integer sums take at most " +
              std::to_string(kMostInt8Elements) + ".");
  }
  return sum;
}

template <class T>
std::unique_ptr<Kernel> prepare_sima_reduction(const NodeView& node, double factor) {
  const QuantParams& in = quantization_of(node.input(0));
  const QuantParams& out = quantization_of(node.output());
  kernels::AxisSum sum = axis_sum(node);
  const auto multiplier = kernels::affine_multipliers<1>({factor}, 46);
  const int64_t offset = sum.count() * in.zero_point[0];
  return reduce_kernel<T>(std::move(sum), [offset, m = multiplier.multipliers[0], n = multiplier.shift,
                                           zero_point = out.zero_point[0]](int64_t total) {
    return kernels::clamp_to<T>(kernels::rounding_shift_right(m * (total - offset), n) + zero_point);
  });
}

template std::unique_ptr<Kernel> prepare_sima_reduction<int8_t>(const NodeView&, double);
template std::unique_ptr<Kernel> prepare_sima_reduction<int16_t>(const NodeView&, double);

}  // namespace octet::ops
