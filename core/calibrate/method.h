// The choice of a range from what was observed: names, parameters, and the function that applies them.
#pragma once

#include <cstdint>
#include <string_view>

#include "calibrate/range.h"
#include "calibrate/statistics.h"
#include "ops/operator.h"

namespace octet::calibrate {

enum class MethodKind : uint8_t { Mse, MinMax, MovingAverage, Entropy, Percentile };

struct Method {
  MethodKind kind = MethodKind::Mse;
  int num_bins = kDefaultBins;            ///< Histogram methods: power of two in [kFewestBins, kMostBins].
  double percentile = 99.99;              ///< Percentile: share of values kept, in (50, 100].
  double moving_average_constant = 0.01;  ///< Moving average: weight of the newest sample, in (0, 1].

  friend bool operator==(const Method&, const Method&) = default;
};

/// "mse", "min_max", "moving_average", "entropy", "percentile". Throws InvalidConfig naming them.
MethodKind method_from_string(std::string_view name);
std::string_view to_string(MethodKind kind);

/// Throws InvalidConfig naming the parameter that is outside its range.
void check(const Method& method);
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
