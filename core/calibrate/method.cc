#include "calibrate/method.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "calibrate/range_methods.h"
#include "ir/error.h"

namespace octet::calibrate {
namespace {

constexpr std::array<std::pair<MethodKind, std::string_view>, 5> kNames = {{
    {MethodKind::Mse, "mse"},
    {MethodKind::MinMax, "min_max"},
    {MethodKind::MovingAverage, "moving_average"},
    {MethodKind::Entropy, "entropy"},
    {MethodKind::Percentile, "percentile"},
}};

Range observed_range(const TensorStatistics& statistics) {
  return {std::min(0.0, double{statistics.low()}), std::max(0.0, double{statistics.high()})};
}

Range range_of_method(const TensorStatistics& statistics, const Method& method, int bits, bool asymmetric) {
  switch (method.kind) {
    case MethodKind::Mse:
      return mse_range(statistics, bits, asymmetric);
    case MethodKind::MinMax:
      break;
    case MethodKind::MovingAverage:
      if (statistics.folded() == 0) break;
      return {statistics.average_low(), statistics.average_high()};
    case MethodKind::Entropy:
      return entropy_range(statistics, bits, asymmetric);
    case MethodKind::Percentile:
      return percentile_range(statistics, method.percentile);
  }
  return observed_range(statistics);
}

}  // namespace

MethodKind method_from_string(std::string_view name) {
  std::string known;
  for (const auto& [kind, its_name] : kNames) {
    if (its_name == name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(its_name);
  }
  throw Error(ErrorCode::InvalidConfig, "There is no calibration method '" + std::string(name) + "'.", {},
              "Choose one of: " + known + ".");
}

std::string_view to_string(MethodKind kind) {
  for (const auto& [its_kind, name] : kNames) {
    if (its_kind == kind) return name;
  }
  return "";
}

void check(const Method& method) {
  const bool power_of_two = (method.num_bins & (method.num_bins - 1)) == 0;
  if (method.num_bins < kFewestBins || method.num_bins > kMostBins || !power_of_two) {
    throw Error(ErrorCode::InvalidConfig,
                "A calibration histogram cannot have " + std::to_string(method.num_bins) + " bins.", {},
                "Choose a power of two from 128 to 16384.");
  }
  if (!(method.percentile > 50 && method.percentile <= 100)) {
    throw Error(ErrorCode::InvalidConfig, "The calibration percentile must be above 50 and at most 100.");
  }
  if (!(method.moving_average_constant > 0 && method.moving_average_constant <= 1)) {
    throw Error(ErrorCode::InvalidConfig, "The moving average constant must be above 0 and at most 1.");
  }
}

bool needs_histogram(MethodKind kind) {
  return kind == MethodKind::Mse || kind == MethodKind::Entropy || kind == MethodKind::Percentile;
}

Range choose_range(const TensorStatistics& statistics, const Method& method, int bits, bool asymmetric,
                   const ops::Interval& relevant) {
  // Infinities are not among the values that were counted.
  const bool infinite = statistics.non_finite() > 0;
  const bool ends_low = std::isfinite(relevant.low) && (infinite || statistics.low() < relevant.low);
  const bool ends_high = std::isfinite(relevant.high) && (infinite || statistics.high() > relevant.high);
  if (statistics.count() == 0 && !ends_low && !ends_high) return {};
  Range observed = statistics.count() == 0 ? Range() : observed_range(statistics);
  if (ends_low) observed.low = std::min(0.0, relevant.low);
  if (ends_high) observed.high = std::max(0.0, relevant.high);
  // One value only: it is an end of the range and so represented exactly; nothing is to be searched. Nor is
  // there where values lie beyond what is relevant: a histogram that spans them shows nothing of the others.
  const bool nothing_to_search = ends_low || ends_high || statistics.low() == statistics.high();
  Range range = nothing_to_search ? observed : range_of_method(statistics, method, bits, asymmetric);
  range.low = std::clamp(range.low, observed.low, 0.0);
  range.high = std::clamp(range.high, 0.0, observed.high);
  if (asymmetric) return range;
  const double magnitude = std::max(-range.low, range.high);
  return {-magnitude, magnitude};
}

}  // namespace octet::calibrate
