// The choice of a range from what was observed: names, parameters, and the function that applies them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "calibrate/range.h"
#include "calibrate/statistics.h"
#include "ir/described.h"
#include "ir/limits.h"
#include "ops/operator.h"

namespace octet::calibrate {

enum class MethodKind : uint8_t { Mse, MinMax, MovingAverage, Entropy, Percentile };
inline constexpr std::array<std::string_view, 5> kMethodNames = {"mse", "min_max", "moving_average",
                                                                 "entropy", "percentile"};
constexpr std::span<const std::string_view> names_of(MethodKind) { return kMethodNames; }
constexpr std::string_view to_string(MethodKind kind) { return kMethodNames[static_cast<size_t>(kind)]; }

inline constexpr Limits kMethodLimits[] = {
    {.name = "numBins", .least = kFewestBins, .most = kMostBins, .power_of_two = true},
    {.name = "percentile", .least = 50, .most = 100, .above_least = true},
    {.name = "movingAverageConstant", .least = 0, .most = 1, .above_least = true},
};

struct Method {
  MethodKind kind = MethodKind::Mse;
  int num_bins = kDefaultBins;            ///< Of histogram methods.
  double percentile = 99.99;              ///< Percentile: share of values kept.
  double moving_average_constant = 0.01;  ///< Moving average: weight of the newest sample.

  static constexpr void fields(auto&& visit) {
    visit("method", &Method::kind);
    visit("numBins", &Method::num_bins);
    visit("percentile", &Method::percentile);
    visit("movingAverageConstant", &Method::moving_average_constant);
  }
};

/// True for the methods that need a histogram; the others need extremes only.
bool needs_histogram(MethodKind kind);

/// The range that `method` chooses for integers of `bits` bits (8 or 16). Asymmetric: within the observed
/// range widened to contain zero, so that the low end behind a ReLU is exactly 0. Symmetric: {-m, m}, m at
/// most the largest magnitude observed. {0, 0} when nothing but zeros was seen. Of values beyond `relevant`
/// it only matters that they are: where there are some, the range ends there, and is what was observed at its
/// other end, whatever the method.
Range choose_range(const TensorStatistics& statistics, const Method& method, int bits, bool asymmetric,
                   const ops::Interval& relevant = {});

}  // namespace octet::calibrate
