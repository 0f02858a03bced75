// The range methods that search a histogram, one a file. Only method.cc calls them: it takes care of what
// they share (nothing seen, one value only, the limits of the result).
#pragma once

#include "calibrate/range.h"
#include "calibrate/statistics.h"

namespace octet::calibrate {

/// The integers of an activation: `lowest`..`highest`; `steps` of one scale cover an asymmetric range, or the
/// part of a symmetric one on each side of zero.
struct Integers {
  double lowest;
  double highest;
  double steps;
};

inline Integers integers_of(int bits, bool asymmetric) {
  const double half = bits == 8 ? 128 : 32768;
  // INT16 has no -32768, so that it is symmetric (design of TFLite's 16x8 quantization).
  const double lowest = bits == 8 ? -half : -(half - 1);
  return {lowest, half - 1, asymmetric ? half - 1 - lowest : half - 1};
}

/// The range with the smallest expected squared quantization error.
Range mse_range(const TensorStatistics& statistics, int bits, bool asymmetric);
/// The range whose quantized distribution diverges least from the observed one.
Range entropy_range(const TensorStatistics& statistics, int bits, bool asymmetric);
/// The range that keeps `percentile` percent of the values, the rest cut off in equal parts at both ends.
Range percentile_range(const TensorStatistics& statistics, double percentile);

}  // namespace octet::calibrate
