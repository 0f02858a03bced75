// L2_NORMALIZATION: x divided by its Euclidean norm along the last axis.
#include <algorithm>
#include <cmath>

#include "kernels/arithmetic/fixed_point.h"
#include "kernels/vector_loop.h"
#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  if (node.input(0).shape.rank() == 0) node.fail("its input is a scalar.");
  return infer_unary(node);
}

class FloatKernel final : public Kernel {
 public:
  explicit FloatKernel(const NodeView& node) : shape_(node.input(0).shape) {}
  void run(const KernelArguments& arguments) const override {
    constexpr float kSmallestNorm = 1e-6f;  // TFLite's, against division by zero.
    const size_t length = static_cast<size_t>(shape_[-1]);
    const size_t count = static_cast<size_t>(shape_.elements());
    for (size_t at = 0; at < count; at += length) {
      const float* in = arguments.input<float>(0) + at;
      double squares = 0;
      for (size_t i = 0; i < length; ++i) squares += static_cast<double>(in[i]) * static_cast<double>(in[i]);
      const v128_t norm = wasm_f32x4_splat(std::max(static_cast<float>(std::sqrt(squares)), kSmallestNorm));
      kernels::map_row(in, arguments.output<float>() + at, length,
                       [&](v128_t x) { return wasm_f32x4_div(x, norm); });
    }
  }

 private:
  Shape shape_;
};

/// The same in both requantization modes. The norm's scale cancels out.
class Int8Kernel final : public Kernel {
 public:
  explicit Int8Kernel(const NodeView& node)
      : shape_(node.input(0).shape), zero_point_(per_tensor(node.input(0)).zero_point) {}
  void run(const KernelArguments& arguments) const override {
    const size_t length = static_cast<size_t>(shape_[-1]);
    const size_t count = static_cast<size_t>(shape_.elements());
    for (size_t at = 0; at < count; at += length) {
      run_row(arguments.input<int8_t>(0) + at, arguments.output<int8_t>() + at, length);
    }
  }

 private:
  void run_row(const int8_t* in, int8_t* out, size_t length) const {
    constexpr int kOutputFractionBits = 7;  // The output's scale is 2^-7.
    uint32_t squares = 0;
    for (size_t i = 0; i < length; ++i)
      squares += static_cast<uint32_t>((in[i] - zero_point_) * (in[i] - zero_point_));
    kernels::FixedPointMultiplier factor = kernels::inverse_square_root(static_cast<int32_t>(squares));
    factor.shift += kOutputFractionBits;
    for (size_t i = 0; i < length; ++i) {
      out[i] = kernels::clamp_to_int8(kernels::multiply_by(in[i] - zero_point_, factor));
    }
  }

  Shape shape_;
  int32_t zero_point_;
};

const Constraint kShortRows[] = {
    {"its last dimension is at most 33025, so that the sum of squares fits 31 bits",
     [](const ConstraintView& view) { return view.node.input(0).shape[-1] <= 33025; },
     [](const ConstraintView& view) { return filled("it is #", {view.node.input(0).shape[-1]}); }}};

}  // namespace

extern const Operator l2_normalization;
const Operator l2_normalization = {
    .kind = OpKind::L2Normalization,
    .infer = infer,
    .kernels = {.f32 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<FloatKernel>(node);
                },
                .i8 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<Int8Kernel>(node);
                }},
    .quantization = {.output = OutputQuantization::Fixed, .fixed_scale = 1.0f / 128, .fixed_zero_point = 0},
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .constraints = kShortRows},
    .in_place = true,
    .short_name = "L2 norm",
    .elements = Elements::Computed,
    .axes = AxisRule::LastAxis,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
