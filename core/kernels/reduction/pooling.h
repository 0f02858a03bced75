// Pooling over NHWC images: each output pixel is the mean or the largest of a window, channel by channel.
#pragma once

#include <cstdint>

#include "ir/attributes.h"
#include "ir/shape.h"

namespace octet::kernels {

/// Where the windows lie. Pixels outside the image are no part of a window: neither added nor counted nor
/// compared.
struct PoolGeometry {
  Shape input;   ///< NHWC.
  Shape output;  ///< NHWC; every window covers at least one pixel of the input.
  Spatial window;
  Spatial stride;
  Padding2d padding;
};

/// Each result is clamped to [low, high].
void average_pool(const PoolGeometry& geometry, float low, float high, const float* input, float* output);
void max_pool(const PoolGeometry& geometry, float low, float high, const float* input, float* output);

/// The mean rounds to nearest, halves away from zero, as TFLite's reference kernel does. A window has at most
/// kMaxInt8Window pixels, so that sums fit 32 bits.
inline constexpr int64_t kMaxInt8Window = int64_t{1} << 23;
void average_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int8_t* input,
                  int8_t* output);
void max_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int8_t* input, int8_t* output);

/// The same on int16, where at most kMaxInt16Window pixels fit 32 bits.
inline constexpr int64_t kMaxInt16Window = 65534;
void average_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int16_t* input,
                  int16_t* output);
void max_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int16_t* input, int16_t* output);

}  // namespace octet::kernels
