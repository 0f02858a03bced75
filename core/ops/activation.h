// Fused activations as clamping ranges, in reals and in an output's integers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ir/attributes.h"
#include "ir/tensor.h"

namespace octet::ops {

/// A closed interval to clamp to.
template <class T>
struct Clamp {
  T low;
  T high;
};

inline Clamp<float> clamp_of(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::None:
      return {-kInfinity, kInfinity};
    case Activation::Relu:
      return {0.0f, kInfinity};
    case Activation::Relu6:
      return {0.0f, 6.0f};
    case Activation::ReluN1To1:
      return {-1.0f, 1.0f};
  }
  return {-kInfinity, kInfinity};
}

/// The activation's range in the output's integers of type T, int8_t or int16_t. Rounds as TFLite does:
/// zero_point + round(real / scale).
template <class T>
Clamp<int32_t> clamp_of(Activation activation, const QuantParams& output) {
  using Limits = std::numeric_limits<T>;
  const Clamp<float> real = clamp_of(activation);
  const auto quantized = [&](float value) {
    // Far outside the type's range already, and a tiny scale must not overflow the conversion.
    constexpr float kFarOutside = 4.0f * Limits::max();
    return output.zero_point[0] +
           static_cast<int32_t>(std::clamp(std::round(value / output.scale[0]), -kFarOutside, kFarOutside));
  };
  Clamp<int32_t> range = {Limits::min(), Limits::max()};
  if (std::isfinite(real.low)) range.low = std::max(range.low, quantized(real.low));
  if (std::isfinite(real.high)) range.high = std::min(range.high, quantized(real.high));
  return range;
}

/// The parameters of a quantized tensor; throws Internal naming it when it has none.
inline const QuantParams& quantization_of(const Tensor& tensor) {
  if (!tensor.quantization) {
    throw Error(ErrorCode::Internal, "An integer tensor has no quantization parameters.",
                {.tensor = tensor.name});
  }
  return *tensor.quantization;
}

}  // namespace octet::ops
