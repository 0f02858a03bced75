// Tables of convolution shapes with odd tails, and plain loops over them that the kernels must equal exactly.
#pragma once

#include <string>
#include <vector>

#include "ir/attributes.h"
#include "ir/graph.h"
#include "kernels/requantize.h"
#include "ops/activation.h"
#include "support/graph_builder.h"

namespace octet::test {

struct ConvolutionCase {
  int32_t batch, height, width, channels, outputs;
  Spatial kernel;
  Spatial stride = {1, 1};
  Spatial dilation = {1, 1};
  Padding2d padding = {};
  int32_t groups = 1;
  Activation activation = Activation::None;
  bool bias = true;
};

inline std::string describe(const ConvolutionCase& c) {
  const auto pair = [](Spatial s) { return std::to_string(s.height) + "x" + std::to_string(s.width); };
  return std::to_string(c.batch) + "x" + std::to_string(c.height) + "x" + std::to_string(c.width) + "x" +
         std::to_string(c.channels) + " to " + std::to_string(c.outputs) + ", kernel " + pair(c.kernel) +
         ", stride " + pair(c.stride) + ", dilation " + pair(c.dilation) + ", groups " +
         std::to_string(c.groups);
}

/// Calls tap(output index, output channel, input index, filter y, filter x, input channel of the group) for
/// each product of a (grouped) convolution inside the image, per output in the filter's order. `multiplier`
/// is output channels per group.
template <class Tap>
void for_each_product(const ConvolutionCase& c, const Shape& output, const Tap& tap) {
  const int32_t group_inputs = c.channels / c.groups;
  const int32_t group_outputs = c.outputs / c.groups;
  int64_t index = 0;
  for (int32_t b = 0; b < c.batch; ++b) {
    for (int32_t oy = 0; oy < output.height(); ++oy) {
      for (int32_t ox = 0; ox < output.width(); ++ox) {
        for (int32_t o = 0; o < c.outputs; ++o, ++index) {
          for (int32_t ky = 0; ky < c.kernel.height; ++ky) {
            const int32_t y = oy * c.stride.height + ky * c.dilation.height - c.padding.top;
            for (int32_t kx = 0; kx < c.kernel.width; ++kx) {
              const int32_t x = ox * c.stride.width + kx * c.dilation.width - c.padding.left;
              if (y < 0 || y >= c.height || x < 0 || x >= c.width) continue;
              for (int32_t i = 0; i < group_inputs; ++i) {
                const int64_t pixel = (int64_t{b} * c.height + y) * c.width + x;
                tap(index, o, pixel * c.channels + (o / group_outputs) * group_inputs + i, ky, kx, i);
              }
            }
          }
        }
      }
    }
  }
}

/// An INT8 output from sums: rescaled, offset and clamped as the scalar reference does.
inline int8_t requantized(int32_t sum, kernels::FixedPointMultiplier multiplier, int32_t zero_point,
                          int32_t low, int32_t high) {
  return kernels::clamp_to_int8<int64_t>(int64_t{kernels::multiply_by(sum, multiplier)} + zero_point, low,
                                         high);
}

}  // namespace octet::test
