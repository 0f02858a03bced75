// SOFTMAX: e^(beta x) along the last axis, divided by the sum.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/arithmetic/fixed_point.h"
#include "kernels/arithmetic/interpolated_int16.h"
#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "kernels/vector_loop.h"
#include "ops/normalization/last_axis.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

class FloatKernel final : public Kernel {
 public:
  explicit FloatKernel(const NodeView& node)
      : rows_(node.input(0).shape), beta_(node.attributes<Softmax>().beta) {}
  void run(const KernelArguments& arguments) const override {
    for (size_t row = 0; row < rows_.count; ++row) {
      run_row(arguments.input<float>(0) + row * rows_.length, arguments.output<float>() + row * rows_.length);
    }
  }

 private:
  void run_row(const float* in, float* out) const {
    float largest = std::numeric_limits<float>::lowest();
    for (size_t i = 0; i < rows_.length; ++i) largest = std::max(largest, in[i]);
    kernels::map_row(in, out, rows_.length, [&](v128_t x) {
      const v128_t difference = wasm_f32x4_sub(x, wasm_f32x4_splat(largest));
      return kernels::exp(wasm_f32x4_mul(difference, wasm_f32x4_splat(beta_)));
    });
    double sum = 0;
    for (size_t i = 0; i < rows_.length; ++i) sum += static_cast<double>(out[i]);
    const v128_t divisor = wasm_f32x4_splat(static_cast<float>(sum));
    kernels::map_row(out, out, rows_.length, [&](v128_t x) { return wasm_f32x4_div(x, divisor); });
  }

  Rows rows_;
  float beta_;
};

/// The same in both requantization modes: exponentials are tabulated by the distance below the row's maximum.
class Int8Kernel final : public Kernel {
 public:
  explicit Int8Kernel(const NodeView& node) : rows_(node.input(0).shape) {
    constexpr int kIntegerBits = 5;
    const double beta = node.attributes<Softmax>().beta;
    const double factor =
        beta * static_cast<double>(per_tensor(node.input(0)).scale) * (1 << (31 - kIntegerBits));
    const kernels::FixedPointMultiplier multiplier =
        kernels::fixed_point_multiplier(std::clamp(factor, 0.0, 0x1p31 - 1.0));
    // The distance at which the scaled difference would leave its integer bits.
    const double radius = std::floor(((1 << kIntegerBits) - 1) * 0x1p26 / std::ldexp(1.0, multiplier.shift));
    for (int32_t distance = 0; distance < 256; ++distance) {
      const bool counts = distance <= radius;
      const int32_t exponential =
          counts ? kernels::exp_of_negative(kernels::multiply_by(-distance, multiplier)) : 0;
      exponentials_[static_cast<size_t>(distance)] = exponential;
      summands_[static_cast<size_t>(distance)] =
          kernels::rounding_divide_by_power_of_two(exponential, kAccumulatorIntegerBits);
    }
  }

  void run(const KernelArguments& arguments) const override {
    for (size_t row = 0; row < rows_.count; ++row) {
      run_row(arguments.input<int8_t>(0) + row * rows_.length,
              arguments.output<int8_t>() + row * rows_.length);
    }
  }

 private:
  static constexpr int kAccumulatorIntegerBits = 12;

  void run_row(const int8_t* in, int8_t* out) const {
    const int32_t largest = *std::max_element(in, in + rows_.length);
    uint64_t wide_sum = 0;
    for (size_t i = 0; i < rows_.length; ++i)
      wide_sum += static_cast<uint32_t>(summands_[distance(largest, in[i])]);
    // At least 2^19, since the largest element counts as one; more than 31 bits occur beyond 4096 equal
    // elements only.
    const uint32_t sum =
        static_cast<uint32_t>(std::min<uint64_t>(wide_sum, std::numeric_limits<int32_t>::max()));
    const int headroom = __builtin_clz(sum);
    const uint32_t fraction = (sum << headroom) - (uint32_t{1} << 31);
    const int32_t reciprocal = kernels::reciprocal_of_one_plus(static_cast<int32_t>(fraction));
    const int exponent = kAccumulatorIntegerBits - headroom + 31 - 8;
    for (size_t i = 0; i < rows_.length; ++i) {
      const int32_t share = kernels::saturating_rounding_doubling_high_multiply(
          reciprocal, exponentials_[distance(largest, in[i])]);
      // Beyond 31 bits the share of each of so many elements rounds to nothing.
      const int32_t steps = exponent > 31 ? 0 : kernels::rounding_divide_by_power_of_two(share, exponent);
      out[i] = kernels::clamp_to_int8(steps - 128);
    }
  }

  static size_t distance(int32_t largest, int8_t value) { return static_cast<size_t>(largest - value); }

  Rows rows_;
  std::array<int32_t, 256> exponentials_;  // Q0.31.
  std::array<int32_t, 256> summands_;      // Q12.19.
};

/// By a table of exponentials and one of reciprocals, the same in both requantization modes.
class Int16Kernel final : public Kernel {
 public:
  explicit Int16Kernel(const NodeView& node)
      : rows_(node.input(0).shape),
        exponential_(-10.0, 0.0, [](double x) { return kernels::exp(x); }),
        reciprocal_(0.0, 1.0, [](double x) { return 1 / (1 + x); }) {
    // Distances below the row's maximum become [-65535, 0], which stand for [-10, 0].
    const double beta = static_cast<double>(node.attributes<Softmax>().beta);
    const double scale = static_cast<double>(per_tensor(node.input(0)).scale);
    multiplier_ = kernels::fixed_point_multiplier(scale * beta / (10.0 / 65535));
  }

  uint64_t scratch_bytes() const override { return uint64_t{rows_.length} * sizeof(int32_t); }
  void run(const KernelArguments& arguments) const override {
    int32_t* exponentials = reinterpret_cast<int32_t*>(arguments.scratch);
    for (size_t row = 0; row < rows_.count; ++row) {
      run_row(arguments.input<int16_t>(0) + row * rows_.length,
              arguments.output<int16_t>() + row * rows_.length, exponentials);
    }
  }

 private:
  void run_row(const int16_t* in, int16_t* out, int32_t* exponentials) const {
    const int32_t largest = *std::max_element(in, in + rows_.length);
    int64_t wide_sum = 0;
    for (size_t i = 0; i < rows_.length; ++i) {
      const int64_t distance = kernels::multiply_by(in[i] - largest, multiplier_);
      exponentials[i] = exponential_(kernels::clamp_to<int16_t>(distance + 32767));
      wide_sum += exponentials[i];
    }
    const int32_t sum =
        static_cast<int32_t>(std::min<int64_t>(wide_sum, std::numeric_limits<int32_t>::max()));
    // sum = (1 + fraction) * 2^(31 - headroom), the fraction in INT16 from -32768.
    const int headroom = __builtin_clz(static_cast<uint32_t>(sum));
    const int64_t mantissa = ((int64_t{sum} << (headroom - 1)) + (1 << 13)) >> 14;
    const int32_t reciprocal = reciprocal_(kernels::clamp_to<int16_t>(mantissa - (1 << 15) - (1 << 16)));
    const int shift = 31 - headroom;
    const int32_t half = 1 << (shift - 1);
    for (size_t i = 0; i < rows_.length; ++i)
      out[i] = kernels::clamp_to<int16_t>((exponentials[i] * reciprocal + half) >> shift, 0);
  }

  Rows rows_;
  kernels::InterpolatedInt16 exponential_;
  kernels::InterpolatedInt16 reciprocal_;
  kernels::FixedPointMultiplier multiplier_;
};

/// Masked logits may have a share of the row's sum that the steps of the output do not show, all of a row
/// together: 1/8 of a step, which takes a distance of 14.2 below the largest for rows of 768 in INT8, 18.2 in
/// INT16. Where a float kernel computes, that of INT16.
Interval relevant(const NodeView& node, size_t, const Interval&, std::span<const KnownValues> operands) {
  const double steps = node.node().placement.precision == Precision::Int8 ? 256 : 32768;
  const double length = node.input(0).shape[-1];
  return relevant_logits(operands[0], node.attributes<Softmax>().beta, kernels::log(8 * steps * length));
}

}  // namespace

extern const Operator softmax;
const Operator softmax = {
    .kind = OpKind::Softmax,
    .infer = infer_along_last_axis,
    .kernels = {.f32 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<FloatKernel>(node);
                },
                .i8 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<Int8Kernel>(node);
                },
                .i16 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<Int16Kernel>(node);
                }},
    .quantization = {.output = OutputQuantization::Fixed,
                     .fixed_scale = 1.0f / 256,
                     .fixed_zero_point = -128,
                     .fixed_scale_int16 = 1.0f / 32768,
                     .relevant = relevant,
                     .compares_within_rows = true},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true,
               .int16 = true,
               .scales =
                   [](const NodeView& node, const NodeScales& scales) {
                     return exponent_scales(scales, node.attributes<Softmax>().beta);
                   }},
    .cvu = true,
    .in_place = true,
    .short_name = "Softmax",
    .elements = Elements::Computed,
    .axes = AxisRule::LastAxis,
    .derivative = Derivative::Softmax,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
