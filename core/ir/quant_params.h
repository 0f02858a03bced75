// How integers stand for reals: real = scale * (q - zero_point).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace octet {

/// Per tensor (one entry) or per channel along `axis` (one entry a channel). Scales are positive and finite.
struct QuantParams {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  int axis = 0;  ///< Meaningful when there is more than one scale.
  /// 4 for INT8 constants within [-8, 7], which files hold two a byte; 0: as many as the type has.
  int bits = 0;

  static QuantParams per_tensor(float scale, int32_t zero_point) { return {{scale}, {zero_point}, 0}; }
  bool is_per_channel() const { return scale.size() > 1; }
  friend bool operator==(const QuantParams&, const QuantParams&) = default;
};

/// Quantization gives no smaller scale: products with others would leave float32's normal range, and no real
/// activation or weight is that small.
inline constexpr double kSmallestScale = 0x1p-60;

/// The two documented families of integer rescaling; see kernels/arithmetic/requantize.h for their
/// arithmetic.
enum class RequantizationMode : uint8_t {
  Tflite,  ///< 32-bit fixed-point multiplier and shift, as TFLite's reference kernels.
  Sima,    ///< Convolutions rescale by a right shift alone; elementwise operators by 15-bit multipliers and a
           ///< shift.
};
inline constexpr std::array<std::string_view, 2> kRequantizationNames = {"tflite", "sima"};
constexpr std::span<const std::string_view> names_of(RequantizationMode) { return kRequantizationNames; }

}  // namespace octet
