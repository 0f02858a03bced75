#include "ops/elementwise/unary_table.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace octet::ops {

template <class T>
kernels::FunctionTable<T> table_of_reals(const NodeView& node, double (*function)(double)) {
  return table_of_reals<T>(node, [=](double x) { return function(x); });
}
template kernels::FunctionTable<int8_t> table_of_reals(const NodeView&, double (*)(double));
template kernels::FunctionTable<int16_t> table_of_reals(const NodeView&, double (*)(double));

kernels::LookupTable table_of_floats(const NodeView& node, float (*function)(float)) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const float inverse_scale = 1.0f / output.scale;
  return kernels::tabulate([&](int32_t q) {
    const float real = input.scale * static_cast<float>(q - input.zero_point);
    const float steps = std::round(function(real) * inverse_scale);
    const float result = steps + static_cast<float>(output.zero_point);
    if (!(result > -128.0f)) return int8_t{-128};  // Also NaN, from a scale whose inverse is infinite.
    return static_cast<int8_t>(std::min(result, 127.0f));
  });
}

kernels::FunctionTable<int16_t> interpolated_table_of_floats(const NodeView& node, float (*function)(float)) {
  constexpr int kPieces = 512;
  constexpr int kPieceBits = 7;
  constexpr float kLowest = -32768.0f, kHighest = 32767.0f;
  const float input_scale = per_tensor(node.input(0)).scale;
  const float output_scale = per_tensor(node.output()).scale;
  const float least = output_scale * kLowest, most = output_scale * kHighest;
  const float to_steps = 65536.0f / (most - least);
  const auto steps_at = [&](float x) {
    const float result = function(x);
    if (std::isinf(result)) return (result < 0 ? least : most) * to_steps;
    return result * to_steps;
  };
  const auto saturated = [&](float steps) {
    // NaN, from a scale whose inverse is infinite, is the lowest.
    return static_cast<int16_t>(steps > kLowest ? std::min(steps, kHighest) : kLowest);
  };
  const float first = input_scale * kLowest, last = input_scale * kHighest;
  const float step = (last - first) / kPieces;
  std::vector<int16_t> samples;
  for (int i = 0; i < kPieces; ++i) {
    const float start = first + static_cast<float>(i) * step;
    const float sample = std::round(steps_at(start));
    const float next = steps_at(first + static_cast<float>(i + 1) * step);
    const float straight = std::round((next + sample) / 2);
    const float error = straight - std::round(steps_at(start + step / 2));
    samples.push_back(saturated(sample - std::round(error / 2)));
  }
  samples.push_back(saturated(std::round(steps_at(last))));
  return kernels::tabulate<int16_t>([&](int32_t q) {
    const size_t piece = static_cast<size_t>((q >> kPieceBits) + kPieces / 2);
    const int32_t offset = q & ((1 << kPieceBits) - 1);
    // The slope wraps as TFLite's does.
    const auto slope = static_cast<int16_t>(samples[piece + 1] - samples[piece]);
    return static_cast<int16_t>(samples[piece] + ((slope * offset + (1 << (kPieceBits - 1))) >> kPieceBits));
  });
}

std::unique_ptr<Kernel> float_clamp(const NodeView& node, Activation activation) {
  return float_unary(node, [range = clamp_of(activation)](v128_t x) { return clamped(x, range); });
}

namespace {

template <class T>
std::unique_ptr<Kernel> integer_clamp(const NodeView& node, Activation activation) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  if (node.node().requantization == RequantizationMode::Sima) {
    const Clamp<float> range = clamp_of(activation);
    return table_unary(node, table_of_reals<T>(node, [&](double real) {
                         return std::clamp(real, static_cast<double>(range.low),
                                           static_cast<double>(range.high));
                       }));
  }
  const Clamp<int32_t> range = clamp_of<T>(activation, quantization_of(node.output()));
  const LinearPiece rescaled = {kernels::fixed_point_multiplier(input.scale / output.scale), input.zero_point,
                                output.zero_point};
  return table_unary(node, kernels::tabulate<T>([&](int32_t q) {
                       return kernels::clamp_to<T>(rescaled(q), range.low, range.high);
                     }));
}

}  // namespace

std::unique_ptr<Kernel> int8_clamp(const NodeView& node, Activation activation) {
  return integer_clamp<int8_t>(node, activation);
}
std::unique_ptr<Kernel> int16_clamp(const NodeView& node, Activation activation) {
  return integer_clamp<int16_t>(node, activation);
}

}  // namespace octet::ops
