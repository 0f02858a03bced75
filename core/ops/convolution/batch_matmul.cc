// BATCH_MATMUL: products of matrices of the last two axes, both computed; the axes before broadcast.
#include <algorithm>
#include <string>
#include <utility>

#include "kernels/arithmetic/requantize.h"
#include "kernels/convolution/matrix_product.h"
#include "ops/elementwise/elementwise_operators.h"
#include "ops/inference.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

/// With int8 elements and zero points, 255^2 times this stays below 2^31; int16 sums stay below 2^47.
constexpr int32_t kMostIntegerDepth = 1 << 15;

kernels::MatmulGeometry geometry_of(const NodeView& node) {
  const BatchMatmul& matmul = node.attributes<BatchMatmul>();
  try {
    return {node.input(0).shape, matmul.transpose_a, node.input(1).shape, matmul.transpose_b};
  } catch (const Error& error) {
    node.fail(error.message());
  }
}

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& a = node.input(0);
  const Tensor& b = node.input(1);
  if (a.shape.rank() < 2 || b.shape.rank() < 2) node.fail("its operands need two dimensions or more.");
  const kernels::MatmulGeometry geometry = geometry_of(node);
  if (a.dtype != DType::Float32 && geometry.depth > kMostIntegerDepth) {
    node.fail("it adds up " + std::to_string(geometry.depth) + " products; integer sums take at most " +
              std::to_string(kMostIntegerDepth) + ".");
  }
  const auto batch_of = [](const Shape& shape) {
    return Shape(shape.dims().first(static_cast<size_t>(shape.rank()) - 2));
  };
  std::vector<int64_t> dims = extents(broadcast(batch_of(a.shape), batch_of(b.shape)));
  dims.insert(dims.end(), {geometry.rows, geometry.columns});
  return {{a.dtype, output_shape(node, dims)}};
}

/// `finish` maps a sum to an element of the output.
template <class T, class Finish>
class MatmulKernel final : public Kernel {
 public:
  MatmulKernel(kernels::BatchMatmul<T> engine, Finish finish) : engine_(std::move(engine)), finish_(finish) {}
  uint64_t scratch_bytes() const override { return engine_.scratch_bytes(); }
  void run(const KernelArguments& arguments) const override {
    T* output = arguments.output<T>();
    engine_.run(arguments.input<T>(0), arguments.input<T>(1), arguments.scratch,
                [&](const auto* sums, int32_t count, size_t at) {
                  for (int32_t i = 0; i < count; ++i) output[at + static_cast<size_t>(i)] = finish_(sums[i]);
                });
  }

 private:
  kernels::BatchMatmul<T> engine_;
  Finish finish_;
};

template <class T, class Finish>
std::unique_ptr<Kernel> make(const NodeView& node, int32_t a_zero_point, int32_t b_zero_point,
                             Finish finish) {
  return std::make_unique<MatmulKernel<T, Finish>>(
      kernels::BatchMatmul<T>(geometry_of(node), a_zero_point, b_zero_point), finish);
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return make<float>(node, 0, 0, [](float sum) { return sum; });
}

/// Sums times the ratio of scales: by the fixed-point multiplier of convolutions, or (`sima`) by 15 bits and
/// a shift.
template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const double factor = static_cast<double>(a.scale) * b.scale / output.scale;
  const auto finish = [&](auto rescaled) {
    return make<T>(node, a.zero_point, b.zero_point, [rescaled, zero_point = output.zero_point](auto sum) {
      return kernels::clamp_to<T>(rescaled(sum) + zero_point);
    });
  };
  if (node.node().requantization == RequantizationMode::Sima) {
    const auto affine = kernels::affine_multipliers<1>({factor}, 46);
    return finish([m = int64_t{affine.multipliers[0]}, n = affine.shift](auto sum) {
      return kernels::rounding_shift_right(m * sum, n);
    });
  }
  const auto multiplier = kernels::fixed_point_multiplier(factor);
  return finish([multiplier](auto sum) -> int64_t {
    if constexpr (sizeof(sum) == sizeof(int64_t)) return kernels::multiply_by_wide(sum, multiplier);
    return kernels::multiply_by(static_cast<int32_t>(sum), multiplier);
  });
}

int64_t products(const NodeView& node) {
  return node.output().shape.elements() *
         node.input(0).shape[node.attributes<BatchMatmul>().transpose_a ? -2 : -1];
}

}  // namespace

extern const Operator batch_matmul;
const Operator batch_matmul = {
    .kind = OpKind::BatchMatmul,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_integer<int8_t>, .i16 = prepare_integer<int16_t>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true, .int16 = true, .scales = weighted_sum_scales},
    .short_name = "Batch matmul",
    .elements = Elements::Computed,
    .axes = AxisRule::Matrix,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
