// Bilinear resizing of NHWC images, in floats and in integers with TFLite's 10-bit weights.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/attributes.h"
#include "ir/shape.h"

namespace octet::kernels {

/// Where one output row or column lies between two of the input: lower * (one - weight) + upper * weight.
template <class Weight>
struct Interpolation {
  int32_t lower;
  int32_t upper;
  Weight weight;  ///< Of `upper`: in [0, 1], or [0, 1024] for integers.
};

class ResizeBilinear {
 public:
  /// `input` is NHWC; `resize` has at most one of align_corners and half_pixel_centers.
  ResizeBilinear(const Shape& input, const Resize& resize);

  void operator()(const float* input, float* output) const;
  /// Equal to TFLite's reference kernel element for element: scale and position are rounded to 1/1024, the
  /// result to nearest, halves away from zero. Parameters of input and output are the same.
  void operator()(const int8_t* input, int8_t* output) const;
  void operator()(const int16_t* input, int16_t* output) const;

 private:
  template <class Wide, class Narrow, class Weight, class T>
  void resize(const std::vector<Interpolation<Weight>>& rows,
              const std::vector<Interpolation<Weight>>& columns, const T* input, T* output) const;

  Shape input_;
  std::vector<Interpolation<float>> float_rows_, float_columns_;
  std::vector<Interpolation<int32_t>> integer_rows_, integer_columns_;
};

}  // namespace octet::kernels
