// The percentile method: cut off the rarest values at both ends.
#include "calibrate/range_methods.h"

namespace octet::calibrate {
namespace {

/// The value below which `rank` of the observed values lie; values are taken as spread evenly within a bin.
double value_at_rank(const Histogram& histogram, double rank) {
  double below = 0;
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const double count = static_cast<double>(histogram.counts[i]);
    if (count > 0 && below + count >= rank) {
      const double share = (rank - below) / count;
      return histogram.edge(i) + share * (histogram.edge(i + 1) - histogram.edge(i));
    }
    below += count;
  }
  return histogram.edge(histogram.counts.size());
}

}  // namespace

Range percentile_range(const TensorStatistics& statistics, double percentile) {
  const double total = static_cast<double>(statistics.count());
  const double cut_off = total * (100 - percentile) / 200;
  return {value_at_rank(statistics.histogram(), cut_off),
          value_at_rank(statistics.histogram(), total - cut_off)};
}

}  // namespace octet::calibrate
