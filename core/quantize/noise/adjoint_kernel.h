// What the derivatives of operators share.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ops/activation.h"
#include "quantize/noise/adjoint.h"

namespace octet::quantize {

inline const float* reals(const std::byte* bytes) { return reinterpret_cast<const float*>(bytes); }

/// A float graph of one node over one input and constants.
Graph single(OpKind op, Attributes attributes, const Shape& input, std::vector<Tensor> constants);

/// Where a fused activation clamps, nothing moves any more.
class Mask {
 public:
  explicit Mask(Activation activation) : clamp_(ops::clamp_of(activation)) {}
  float operator()(float output, float moved) const {
    // Not a branch: what is clamped looks random.
    const bool moves = static_cast<int>(output > clamp_.low) & static_cast<int>(output < clamp_.high);
    return moves ? moved : 0.0f;
  }
  /// The same for `count` elements, times `factor`.
  void apply(const float* outputs, const float* moved, size_t count, float factor, float* found) const {
    for (size_t i = 0; i < count; ++i) found[i] = factor * (*this)(outputs[i], moved[i]);
  }

 private:
  ops::Clamp<float> clamp_;
};

// Of what multiplies by weights; null for variants without a derivative: groups, several outputs of a
// channel, dilated filters of convolutions that are not depthwise, and filters that are no constants.
std::unique_ptr<AdjointKernel> convolution_adjoint(const Graph& graph, const Node& node);
std::unique_ptr<AdjointKernel> depthwise_adjoint(const Graph& graph, const Node& node);
std::unique_ptr<AdjointKernel> transposed_convolution_adjoint(const Graph& graph, const Node& node);
std::unique_ptr<AdjointKernel> matrix_product_adjoint(const Graph& graph, const Node& node);

}  // namespace octet::quantize
