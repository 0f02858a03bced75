#include "calibrate/method.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "calibrate/range_methods.h"

namespace octet::calibrate {
namespace {

Range observed_range(const TensorStatistics& statistics) {
  return {std::min(0.0, double{statistics.low()}), std::max(0.0, double{statistics.high()})};
}

/// The range that a method chooses, all else being taken care of.
using ChooseRange = Range (*)(const TensorStatistics&, const Method&, int bits, bool asymmetric);

struct MethodRow {
  MethodKind kind;
  bool needs_histogram;
  ChooseRange choose;
};

constexpr MethodRow kRows[] = {
    {MethodKind::Mse, true,
     [](const TensorStatistics& statistics, const Method&, int bits, bool asymmetric) {
       return mse_range(statistics, bits, asymmetric);
     }},
    {MethodKind::MinMax, false,
     [](const TensorStatistics& statistics, const Method&, int, bool) { return observed_range(statistics); }},
    {MethodKind::MovingAverage, false,
     [](const TensorStatistics& statistics, const Method&, int, bool) {
       if (statistics.folded() == 0) return observed_range(statistics);
       return Range{statistics.average_low(), statistics.average_high()};
     }},
    {MethodKind::Entropy, true,
     [](const TensorStatistics& statistics, const Method&, int bits, bool asymmetric) {
       return entropy_range(statistics, bits, asymmetric);
     }},
    {MethodKind::Percentile, true,
     [](const TensorStatistics& statistics, const Method& method, int, bool) {
       return percentile_range(statistics, method.percentile);
     }},
};
/// Rows stand where their enumerators say.
constexpr bool in_order() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].kind != static_cast<MethodKind>(i)) return false;
  }
  return std::size(kRows) == kMethodNames.size();
}
static_assert(in_order());

const MethodRow& row_of(MethodKind kind) { return kRows[static_cast<size_t>(kind)]; }

}  // namespace

bool needs_histogram(MethodKind kind) { return row_of(kind).needs_histogram; }

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
  Range range =
      nothing_to_search ? observed : row_of(method.kind).choose(statistics, method, bits, asymmetric);
  range.low = std::clamp(range.low, observed.low, 0.0);
  range.high = std::clamp(range.high, 0.0, observed.high);
  if (asymmetric) return range;
  const double magnitude = std::max(-range.low, range.high);
  return {-magnitude, magnitude};
}

}  // namespace octet::calibrate
