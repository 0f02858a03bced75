#include "quantize/ranges/integer_params.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {

calibrate::Range range_of(const QuantParams& params, Precision precision) {
  const double scale = params.scale[0];
  const double zero_point = params.zero_point[0];
  if (precision == Precision::Int16) return {scale * -32768, scale * 32767};
  return {scale * (-128 - zero_point), scale * (127 - zero_point)};
}

QuantParams int16_params(calibrate::Range range) {
  const double largest = std::max(-range.low, range.high);
  if (largest <= 0) return QuantParams::per_tensor(1.0f, 0);
  return QuantParams::per_tensor(static_cast<float>(std::max(largest / 32767.0, kSmallestScale)), 0);
}

QuantParams int8_params(calibrate::Range range, bool asymmetric) {
  const double low = std::min(range.low, 0.0);
  const double high = std::max(range.high, 0.0);
  if (low == 0 && high == 0) return QuantParams::per_tensor(1.0f, 0);
  const double exact = asymmetric ? (high - low) / 255.0 : std::max(-low, high) / 127.0;
  const float scale = static_cast<float>(std::max(exact, kSmallestScale));
  if (!asymmetric) return QuantParams::per_tensor(scale, 0);
  const double zero_point = std::round(-128.0 - low / static_cast<double>(scale));
  return QuantParams::per_tensor(scale, static_cast<int32_t>(std::clamp(zero_point, -128.0, 127.0)));
}

}  // namespace octet::quantize
