// Sums of a tensor along some of its axes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/shape.h"

namespace octet::kernels {

class AxisSum {
 public:
  /// `axes` are sorted, unique and within the input's rank.
  AxisSum(const Shape& input, std::span<const int32_t> axes);

  /// Elements added up for one sum.
  int64_t count() const { return count_; }
  /// Number of sums.
  int64_t outputs() const { return outputs_; }

  /// Writes outputs() sums. Floats are added in the input's order, in four interleaved sums where the last
  /// axis is one of those summed over. Sums of int8 are exact while count() is at most 2^24.
  void operator()(const float* input, float* sums) const;
  void operator()(const int8_t* input, int32_t* sums) const;
  void operator()(const int16_t* input, int64_t* sums) const;

 private:
  /// Neighbouring axes of the same kind, merged.
  struct Axis {
    int64_t extent;
    int64_t stride;  ///< Distance in the sums between neighbours; 0 when summed over.
  };

  template <class T, class Sum>
  void add_up(const T* input, Sum* sums) const;

  std::vector<Axis> outer_;
  Axis inner_ = {1, 0};
  int64_t count_ = 1;
  int64_t outputs_ = 1;
};

}  // namespace octet::kernels
