// Checks that the operators on pictures share.
#pragma once

#include <cstdint>

#include "ops/operator.h"

namespace octet::ops {

/// Elements of a picture: bytes as a camera or decoder gives them, or floats.
bool is_pixel(DType dtype);

/// Fails unless input 0 holds pixels (uint8 without scale, or float32).
void expect_pixels(const NodeView& node);

/// Fails unless input 0 is one picture: pixels, four dimensions, a batch of one.
void expect_picture(const NodeView& node);

/// What such an operator computes on the CVU or APU is never quantized.
inline constexpr QuantizationRule kOfPictures = {.output = OutputQuantization::NotQuantized};

}  // namespace octet::ops
