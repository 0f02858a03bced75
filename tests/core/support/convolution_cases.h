// Tables of convolution shapes with odd tails, and plain loops over them that the kernels must equal exactly.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ir/attributes.h"
#include "ir/graph.h"
#include "kernels/arithmetic/requantize.h"
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

inline Attributes attributes_of(const ConvolutionCase& c) {
  return Conv2d{.stride = c.stride, .dilation = c.dilation, .padding = c.padding, .activation = c.activation};
}

/// Runs a float convolution of random operands, and expects what the plain loop gives, bit for bit: with
/// weight_index(output channel, filter y, filter x, input channel of the group) and add(sum, a, b).
template <class WeightIndex, class Add>
void expect_float_convolution(const ConvolutionCase& c, OpKind op, const Shape& filter_shape, uint64_t seed,
                              const WeightIndex& weight_index, const Add& add) {
  SCOPED_TRACE(describe(c));
  Random random(seed);
  GraphBuilder builder;
  const Shape input_shape = {c.batch, c.height, c.width, c.channels};
  const std::vector<float> input = random.floats(input_shape.elements(), -1, 1);
  const std::vector<float> filter = random.floats(filter_shape.elements(), -1, 1);
  const std::vector<float> bias = random.floats(c.outputs, -1, 1);
  std::vector<TensorId> operands = {builder.input("x", input_shape), builder.constant(filter_shape, filter)};
  if (c.bias) operands.push_back(builder.constant({c.outputs}, bias));
  const TensorId y = builder.node(op, attributes_of(c), operands)[0];
  builder.output(y);

  const Shape output_shape = builder.tensor(y).shape;
  std::vector<float> expected(static_cast<size_t>(output_shape.elements()));
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = c.bias ? bias[i % bias.size()] : 0.0f;
  for_each_product(c, output_shape,
                   [&](int64_t to, int32_t o, int64_t from, int32_t ky, int32_t kx, int32_t i) {
                     float& sum = expected[static_cast<size_t>(to)];
                     sum = add(sum, input[static_cast<size_t>(from)], filter[weight_index(o, ky, kx, i)]);
                   });
  const ops::Clamp<float> clamp = ops::clamp_of(c.activation);
  for (float& value : expected) value = std::clamp(value, clamp.low, clamp.high);
  EXPECT_EQ(run<float>(builder.graph(), {input}), expected);
}

/// An INT8 output from sums: rescaled, offset and clamped as the scalar reference does.
inline int8_t requantized(int32_t sum, kernels::FixedPointMultiplier multiplier, int32_t zero_point,
                          int32_t low, int32_t high) {
  return kernels::clamp_to_int8<int64_t>(int64_t{kernels::multiply_by(sum, multiplier)} + zero_point, low,
                                         high);
}

}  // namespace octet::test
