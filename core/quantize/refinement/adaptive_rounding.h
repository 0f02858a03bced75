// Rounds weights so that the error of a node's output, not of its weights, is small.
//
// With H the second moments of the inputs, the squared error of one output channel is e^T H e, e the rounding
// errors of its weights. Rounding one weight after another, each after adding what makes up best for the
// errors of those before it, is the method known as OBQ or GPTQ; done with the Cholesky factor of H it is
// Babai's nearest plane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octet::quantize {

/// The lower triangle, row by row in a square of `size` rows, of a symmetric matrix without negative
/// eigenvalues.
struct SecondMoments {
  size_t size;
  std::vector<double> values;

  double at(size_t row, size_t column) const { return values[row * size + column]; }
};

/// Rounds `weights`, in steps of their scales, one row of moments.size a channel, to [-largest, largest].
/// Moments get 1 % of their mean diagonal added to it, so that inputs that hardly vary do not make others'
/// errors grow.
std::vector<int8_t> round_adaptively(std::span<const double> weights, const SecondMoments& moments,
                                     int largest);

}  // namespace octet::quantize
