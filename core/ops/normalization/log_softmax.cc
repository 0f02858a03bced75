// LOG_SOFTMAX: the logarithm of SOFTMAX along the last axis, x less the logarithm of the sum of all e^x.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/arithmetic/fixed_point.h"
#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "kernels/vector_loop.h"
#include "ops/normalization/last_axis.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

class FloatKernel final : public Kernel {
 public:
  explicit FloatKernel(const NodeView& node) : rows_(node.input(0).shape) {}
  void run(const KernelArguments& arguments) const override {
    for (size_t row = 0; row < rows_.count; ++row) {
      run_row(arguments.input<float>(0) + row * rows_.length, arguments.output<float>() + row * rows_.length);
    }
  }

 private:
  void run_row(const float* in, float* out) const {
    const float largest = *std::max_element(in, in + rows_.length);
    constexpr size_t kBlock = 64;
    float exponentials[kBlock];
    double sum = 0;
    for (size_t at = 0; at < rows_.length; at += kBlock) {
      const size_t count = std::min(kBlock, rows_.length - at);
      kernels::map_row(in + at, exponentials, count,
                       [&](v128_t x) { return kernels::exp(wasm_f32x4_sub(x, wasm_f32x4_splat(largest))); });
      for (size_t i = 0; i < count; ++i) sum += static_cast<double>(exponentials[i]);
    }
    const v128_t logarithm = wasm_f32x4_splat(static_cast<float>(kernels::log(sum)));
    kernels::map_row(in, out, rows_.length, [&](v128_t x) {
      return wasm_f32x4_sub(wasm_f32x4_sub(x, wasm_f32x4_splat(largest)), logarithm);
    });
  }

  Rows rows_;
};

/// The same in both requantization modes: scaled differences and exponentials are tabulated by the distance
/// below the row's maximum.
class Int8Kernel final : public Kernel {
 public:
  explicit Int8Kernel(const NodeView& node) : rows_(node.input(0).shape) {
    constexpr int kIntegerBits = 5;
    const double factor = static_cast<double>(per_tensor(node.input(0)).scale) * (1 << (31 - kIntegerBits));
    const kernels::FixedPointMultiplier multiplier =
        kernels::fixed_point_multiplier(std::clamp(factor, 0.0, 0x1p31 - 1.0));
    // Differences from here on leave their integer bits.
    const double radius = std::floor(((1 << kIntegerBits) - 1) * 0x1p26 / std::ldexp(1.0, multiplier.shift));
    farthest_ = static_cast<int32_t>(std::min(radius, 256.0));
    const double inverse = std::ldexp(1.0, 31 - multiplier.shift) / multiplier.multiplier;
    to_distance_ = kernels::fixed_point_multiplier(inverse);
    for (int32_t distance = 0; distance <= std::min(farthest_, 255); ++distance) {
      const size_t i = static_cast<size_t>(distance);
      differences_[i] = kernels::multiply_by(-distance, multiplier);
      summands_[i] = kernels::rounding_divide_by_power_of_two(kernels::exp_of_negative(differences_[i]),
                                                              kAccumulatorIntegerBits);
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
  static constexpr int32_t kOutputZeroPoint = 127;
  static constexpr int kToOutput = 22;  // From 26 fraction bits to the output's 4.

  void run_row(const int8_t* in, int8_t* out) const {
    const int32_t largest = *std::max_element(in, in + rows_.length);
    uint64_t wide_sum = 0;
    for (size_t i = 0; i < rows_.length; ++i)
      wide_sum += static_cast<uint32_t>(summands_[static_cast<size_t>(largest - in[i])]);
    // More than 31 bits occur beyond 4096 equal elements only.
    const int32_t sum =
        static_cast<int32_t>(std::min<uint64_t>(wide_sum, std::numeric_limits<int32_t>::max()));
    const int32_t logarithm = kernels::log_of_sum(sum);
    // Results below the smallest number of 5 integer bits do not count.
    const int32_t least = kernels::multiply_by(logarithm + std::numeric_limits<int32_t>::min(), to_distance_);
    const int32_t farthest = std::min(farthest_, -least - 1);
    for (size_t i = 0; i < rows_.length; ++i) {
      const int32_t distance = largest - in[i];
      if (distance > farthest) {
        out[i] = -128;
        continue;
      }
      const int32_t result = differences_[static_cast<size_t>(distance)] - logarithm;
      out[i] = kernels::clamp_to_int8(kernels::rounding_divide_by_power_of_two(result, kToOutput) +
                                      kOutputZeroPoint);
    }
  }

  Rows rows_;
  int32_t farthest_;  ///< The largest distance below the maximum that counts.
  kernels::FixedPointMultiplier to_distance_;
  std::array<int32_t, 256> differences_ = {};  // Q5.26.
  std::array<int32_t, 256> summands_ = {};     // Q12.19.
};

/// The output in INT8 ends at -16, and no logit's logarithm is above its distance below the largest. A float
/// output shows all.
Interval relevant(const NodeView& node, size_t, const Interval&, std::span<const KnownValues> operands) {
  if (node.node().placement.precision != Precision::Int8) return {};
  return relevant_logits(operands[0], 1, 16);
}

}  // namespace

extern const Operator log_softmax;
const Operator log_softmax = {
    .kind = OpKind::LogSoftmax,
    .infer = infer_along_last_axis,
    .kernels = {.f32 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<FloatKernel>(node);
                },
                .i8 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<Int8Kernel>(node);
                }},
    .quantization = {.output = OutputQuantization::Fixed,
                     .fixed_scale = 16.0f / 256,
                     .fixed_zero_point = 127,
                     .relevant = relevant,
                     .compares_within_rows = true},
    .mla = {.int8 = false},
    .tflite = {.int8 = true,
               .scales = [](const NodeView&,
                            const NodeScales& scales) { return exponent_scales(scales, 1); }},
    .in_place = true,
    .short_name = "Log softmax",
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
