#include "kernels/elementwise/binary_int8.h"

#include <algorithm>
#include <cmath>

namespace octet::kernels {
namespace {

/// Outputs this far from zero saturate whatever their last bits are; results beyond are computed exactly.
constexpr double kLargestEstimate = 0x1p20;

/// The slope of the straight line through the first and last term, in steps of the output.
double slope_of(const TermTable& terms, double factor) {
  return (static_cast<double>(terms.back()) - terms.front()) / 255 * factor;
}

/// A line beside the terms: its value for q = 0, and its largest distance from a term; in steps of the
/// output.
struct Line {
  double at_zero = 0;
  double error = 0;
};

Line fit(const TermTable& terms, double factor, double slope) {
  double least = HUGE_VAL;
  double most = -HUGE_VAL;
  for (int32_t q = -128; q <= 127; ++q) {
    const double difference = terms[static_cast<size_t>(q + 128)] * factor - q * slope;
    least = std::min(least, difference);
    most = std::max(most, difference);
  }
  return {(least + most) / 2, (most - least) / 2};
}

double largest_magnitude(const TermTable& terms) {
  return std::max(std::fabs(static_cast<double>(terms.front())),
                  std::fabs(static_cast<double>(terms.back())));
}

int32_t pair_of(int32_t first, int32_t second) {
  return static_cast<int32_t>((static_cast<uint32_t>(second) << 16) |
                              (static_cast<uint32_t>(first) & 0xFFFF));
}

}  // namespace

double Rescale::factor() const {
  return shift_ > 0 ? std::ldexp(1.0, -shift_) : std::ldexp(multiplier_.multiplier, multiplier_.shift - 31);
}

double Rescale::rounding_error() const {
  if (shift_ > 0) return 0;
  // The multiplication rounds to an integer, which the shift to the right then divides. Where nothing is
  // shifted, only ties can go the other way.
  return multiplier_.shift < 0 ? std::ldexp(0.5, multiplier_.shift) : 0x1p-30;
}

SumInt8::SumInt8(const TermTable& terms_a, const TermTable& terms_b, const Rescale& rescale)
    : terms_a_(terms_a), terms_b_(terms_b), rescale_(rescale) {
  const double factor = rescale.factor();
  const double slope_a = slope_of(terms_a, factor);
  const double slope_b = slope_of(terms_b, factor);
  const double largest = (largest_magnitude(terms_a) + largest_magnitude(terms_b)) * factor;
  // Everything is in doubt where values are so large that no estimate fits 32 bits. Otherwise as many bits
  // as do fit.
  if (!(largest < kLargestEstimate)) return;
  const double bound = largest + 256 * (std::fabs(slope_a) + std::fabs(slope_b)) + 2;
  const int shift = std::clamp(30 - std::ilogb(bound), 1, 30);
  const auto fixed = [&](double value) {
    return static_cast<int32_t>(std::lround(std::ldexp(value, shift)));
  };
  const auto real = [&](int32_t value) { return std::ldexp(value, -shift); };
  const int32_t fixed_a = fixed(slope_a);
  const int32_t fixed_b = fixed(slope_b);
  const Line a = fit(terms_a, factor, real(fixed_a));
  const Line b = fit(terms_b, factor, real(fixed_b));
  const int32_t middle = fixed(a.at_zero + b.at_zero);
  const double error =
      a.error + b.error + std::fabs(real(middle) - (a.at_zero + b.at_zero)) + rescale.rounding_error();
  const double margin = error == 0 ? 0 : std::ceil(std::ldexp(error, shift)) + 1;
  const double half = std::ldexp(0.5, shift);
  if (margin >= half) return;

  constexpr int32_t kLowerMask = (1 << kLowerBits) - 1;
  upper_ = pair_of(fixed_a >> kLowerBits, fixed_b >> kLowerBits);
  lower_ = pair_of(fixed_a & kLowerMask, fixed_b & kLowerMask);
  offset_ = static_cast<int32_t>(middle + half + margin);
  fraction_mask_ = (int32_t{1} << shift) - 1;
  doubtful_ = static_cast<int32_t>(2 * margin);
  shift_ = shift;
}

}  // namespace octet::kernels
