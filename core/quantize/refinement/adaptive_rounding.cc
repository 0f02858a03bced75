#include "quantize/refinement/adaptive_rounding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "kernels/simd.h"

namespace octet::quantize {
namespace {

constexpr double kDamping = 0.01;
/// Channels rounded together: their errors share the loads of the matrix.
constexpr size_t kChannels = 8;
/// Rows of the decomposition computed together.
constexpr size_t kRows = 4;

/// Features by ascending second moment: the last, which are rounded first, are those whose errors weigh most,
/// and the others can make up for them.
std::vector<size_t> rounding_order(const SecondMoments& moments) {
  std::vector<size_t> order(moments.size);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return moments.at(a, a) < moments.at(b, b); });
  return order;
}

/// The moments in rounding order, damped; rows of even length, so that vectors of two divide them.
struct Square {
  size_t size;
  size_t stride;
  std::vector<double> values;

  double* row(size_t i) { return values.data() + i * stride; }
  const double* row(size_t i) const { return values.data() + i * stride; }
};

Square damped(const SecondMoments& moments, const std::vector<size_t>& order) {
  const size_t stride = (moments.size + 1) / 2 * 2;
  Square square = {moments.size, stride, std::vector<double>(moments.size * stride)};
  double trace = 0;
  for (size_t i = 0; i < moments.size; ++i) trace += moments.at(i, i);
  const double damping = trace > 0 ? kDamping * trace / static_cast<double>(moments.size) : 1.0;
  for (size_t i = 0; i < square.size; ++i) {
    for (size_t j = 0; j <= i; ++j)
      square.row(i)[j] = moments.at(std::max(order[i], order[j]), std::min(order[i], order[j]));
    square.row(i)[i] += damping;
  }
  return square;
}

/// The dot products of the first `count` elements of kRows rows with one other.
std::array<double, kRows> dots(const std::array<const double*, kRows>& rows, const double* other,
                               size_t count) {
  std::array<v128_t, kRows> sums;
  sums.fill(wasm_f64x2_splat(0));
  size_t k = 0;
  for (; k + 2 <= count; k += 2) {
    const v128_t factor = wasm_v128_load(other + k);
    for (size_t r = 0; r < kRows; ++r)
      sums[r] = wasm_f64x2_add(sums[r], wasm_f64x2_mul(wasm_v128_load(rows[r] + k), factor));
  }
  std::array<double, kRows> result;
  for (size_t r = 0; r < kRows; ++r) {
    result[r] = wasm_f64x2_extract_lane(sums[r], 0) + wasm_f64x2_extract_lane(sums[r], 1);
    if (k < count) result[r] += rows[r][k] * other[k];
  }
  return result;
}

/// Replaces the lower triangle of a positive definite matrix by its factor L, with L L^T the matrix.
void decompose(Square& square) {
  for (size_t first = 0; first < square.size; first += kRows) {
    const size_t end = std::min(first + kRows, square.size);
    std::array<const double*, kRows> rows;
    for (size_t r = 0; r < kRows; ++r) rows[r] = square.row(std::min(first + r, end - 1));
    for (size_t j = 0; j < end; ++j) {
      const std::array<double, kRows> sums = dots(rows, square.row(j), j);
      for (size_t i = std::max(first, j); i < end; ++i) {
        double& value = square.row(i)[j];
        value -= sums[i - first];
        // The damping keeps the diagonal positive in exact arithmetic; the floor does where it is rounded.
        value = i == j ? std::sqrt(std::max(value, 1e-12)) : value / square.row(j)[j];
      }
    }
  }
}

/// Row k: what of the error of each later feature makes up for it in feature k. That is L transposed, its
/// rows divided by the diagonal.
Square compensations(const Square& factor) {
  Square result = {factor.size, factor.stride, std::vector<double>(factor.values.size())};
  for (size_t k = 0; k < factor.size; ++k) {
    for (size_t l = k + 1; l < factor.size; ++l) result.row(k)[l] = factor.row(l)[k] / factor.row(k)[k];
  }
  return result;
}

/// What a channel's weights are, and the integers that they may become.
struct Channels {
  std::span<const double> weights;
  double largest;
  std::span<int8_t> rounded;
};

/// Rounds `count` channels, at most kChannels, from `first` on.
void round_channels(const Channels& channels, const Square& compensation, const std::vector<size_t>& order,
                    size_t first, size_t count) {
  const size_t size = compensation.size;
  std::vector<double> errors(size * kChannels);
  for (size_t k = size; k-- > 0;) {
    std::array<double, kChannels> added = {};
    const double* const factors = compensation.row(k);
    for (size_t l = k + 1; l < size; ++l) {
      const double* const error = errors.data() + l * kChannels;
      for (size_t c = 0; c < kChannels; ++c) added[c] += factors[l] * error[c];
    }
    for (size_t c = 0; c < count; ++c) {
      const size_t at = (first + c) * size + order[k];
      const double weight = channels.weights[at];
      const double integer = std::clamp(std::round(weight + added[c]), -channels.largest, channels.largest);
      channels.rounded[at] = static_cast<int8_t>(integer);
      errors[k * kChannels + c] = weight - integer;
    }
  }
}

}  // namespace

std::vector<int8_t> round_adaptively(std::span<const double> weights, const SecondMoments& moments,
                                     int largest) {
  const std::vector<size_t> order = rounding_order(moments);
  Square square = damped(moments, order);
  decompose(square);
  const Square compensation = compensations(square);
  std::vector<int8_t> rounded(weights.size());
  const Channels channels = {weights, static_cast<double>(largest), rounded};
  const size_t count = weights.size() / moments.size;
  for (size_t first = 0; first < count; first += kChannels) {
    round_channels(channels, compensation, order, first, std::min(kChannels, count - first));
  }
  return rounded;
}

}  // namespace octet::quantize
