// Sums and extremes of a tensor along some of its axes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/shape.h"

namespace octet::kernels {

/// How elements and results lie to each other.
class AxisLayout {
 public:
  /// `axes` are sorted, unique and within the input's rank.
  AxisLayout(const Shape& input, std::span<const int32_t> axes);

  /// Elements that make one result.
  int64_t count() const { return count_; }
  /// Number of results.
  int64_t outputs() const { return outputs_; }

 protected:
  /// Sets all results to `initial` and combines each row of elements along the innermost axis with them:
  /// `into_one(row, length, result)` where the axis is reduced, else `into_each(row, length, results)`.
  template <class T, class Result, class IntoOne, class IntoEach>
  void reduce(const T* input, Result* results, Result initial, IntoOne into_one, IntoEach into_each) const;

 private:
  /// Neighbouring axes of the same kind, merged.
  struct Axis {
    int64_t extent;
    int64_t stride;  ///< Distance in the results between neighbours; 0 when reduced.
  };

  std::vector<Axis> outer_;
  Axis inner_ = {1, 0};
  int64_t count_ = 1;
  int64_t outputs_ = 1;
};

class AxisSum : public AxisLayout {
 public:
  using AxisLayout::AxisLayout;

  /// Writes outputs() sums. Floats are added in the input's order, in four interleaved sums where the last
  /// axis is one of those summed over. Sums of int8 are exact while count() is at most 2^24.
  void operator()(const float* input, float* sums) const;
  void operator()(const int8_t* input, int32_t* sums) const;
  void operator()(const int16_t* input, int64_t* sums) const;

 private:
  template <class T, class Sum>
  void add_up(const T* input, Sum* sums) const;
};

enum class Extreme : uint8_t { Max, Min };

/// The largest or the smallest elements. A NaN is passed over.
class AxisExtreme : public AxisLayout {
 public:
  AxisExtreme(const Shape& input, std::span<const int32_t> axes, Extreme extreme)
      : AxisLayout(input, axes), extreme_(extreme) {}

  /// Writes outputs() elements.
  void operator()(const float* input, float* results) const;
  void operator()(const int8_t* input, int8_t* results) const;
  void operator()(const int16_t* input, int16_t* results) const;

 private:
  template <class Lanes, class T>
  void select(const T* input, T* results) const;

  Extreme extreme_;
};

}  // namespace octet::kernels
