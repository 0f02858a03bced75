#include "ops/unary_table.h"

#include <algorithm>
#include <cmath>

namespace octet::ops {
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
