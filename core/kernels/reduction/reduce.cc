#include "kernels/reduction/reduce.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "kernels/simd.h"

namespace octet::kernels {
namespace {

float total(v128_t sums) {
  const v128_t pairs = wasm_f32x4_add(sums, wasm_i32x4_shuffle(sums, sums, 2, 3, 2, 3));
  return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

int32_t total_int32(v128_t sums) {
  const v128_t pairs = wasm_i32x4_add(sums, wasm_i32x4_shuffle(sums, sums, 2, 3, 2, 3));
  return wasm_i32x4_extract_lane(pairs, 0) + wasm_i32x4_extract_lane(pairs, 1);
}

/// Adds each element of a row to its own sum.
void add_row(const float* row, int64_t count, float* sums) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    wasm_v128_store(sums + i, wasm_f32x4_add(wasm_v128_load(sums + i), wasm_v128_load(row + i)));
  }
  for (; i < count; ++i) sums[i] += row[i];
}

void add_row(const int8_t* row, int64_t count, int32_t* sums) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const v128_t values = wasm_i16x8_load8x8(row + i);
    const v128_t lower = wasm_i32x4_extend_low_i16x8(values);
    const v128_t upper = wasm_i32x4_extend_high_i16x8(values);
    wasm_v128_store(sums + i, wasm_i32x4_add(wasm_v128_load(sums + i), lower));
    wasm_v128_store(sums + i + 4, wasm_i32x4_add(wasm_v128_load(sums + i + 4), upper));
  }
  for (; i < count; ++i) sums[i] += row[i];
}

void add_row(const int16_t* row, int64_t count, int64_t* sums) {
  for (int64_t i = 0; i < count; ++i) sums[i] += row[i];
}

/// The sum of a row.
float row_sum(const float* row, int64_t count) {
  v128_t sums = wasm_f32x4_splat(0.0f);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) sums = wasm_f32x4_add(sums, wasm_v128_load(row + i));
  float sum = total(sums);
  for (; i < count; ++i) sum += row[i];
  return sum;
}

int32_t row_sum(const int8_t* row, int64_t count) {
  v128_t sums = wasm_i32x4_splat(0);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const v128_t pairs = wasm_i16x8_extadd_pairwise_i8x16(wasm_v128_load(row + i));
    sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
  }
  int32_t sum = total_int32(sums);
  for (; i < count; ++i) sum += row[i];
  return sum;
}

int64_t row_sum(const int16_t* row, int64_t count) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += row[i];
  return sum;
}

/// The better of two, lane by lane: `value` where it is better than `best`, so that NaN never is.
struct FloatLanes {
  static v128_t larger(v128_t best, v128_t value) { return wasm_f32x4_pmax(best, value); }
  static v128_t smaller(v128_t best, v128_t value) { return wasm_f32x4_pmin(best, value); }
};
struct Int8Lanes {
  static v128_t larger(v128_t best, v128_t value) { return wasm_i8x16_max(best, value); }
  static v128_t smaller(v128_t best, v128_t value) { return wasm_i8x16_min(best, value); }
};
struct Int16Lanes {
  static v128_t larger(v128_t best, v128_t value) { return wasm_i16x8_max(best, value); }
  static v128_t smaller(v128_t best, v128_t value) { return wasm_i16x8_min(best, value); }
};

template <class T, class Lanes, bool kLarger>
struct Better {
  using Limits = std::numeric_limits<T>;
  static constexpr T kWorst = Limits::has_infinity ? (kLarger ? -Limits::infinity() : Limits::infinity())
                                                   : (kLarger ? Limits::lowest() : Limits::max());
  static constexpr int64_t kLanes = 16 / sizeof(T);

  static v128_t of_lanes(v128_t best, v128_t value) {
    return kLarger ? Lanes::larger(best, value) : Lanes::smaller(best, value);
  }
  static T of_two(T best, T value) { return (kLarger ? best < value : value < best) ? value : best; }

  static void of_each(const T* row, int64_t count, T* best) {
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      wasm_v128_store(best + i, of_lanes(wasm_v128_load(best + i), wasm_v128_load(row + i)));
    }
    for (; i < count; ++i) best[i] = of_two(best[i], row[i]);
  }

  static T of_row(const T* row, int64_t count, T best) {
    int64_t i = 0;
    if (count >= kLanes) {
      alignas(16) T lanes[kLanes];
      std::fill_n(lanes, kLanes, best);
      v128_t bests = wasm_v128_load(lanes);
      for (; i + kLanes <= count; i += kLanes) bests = of_lanes(bests, wasm_v128_load(row + i));
      wasm_v128_store(lanes, bests);
      for (const T lane : lanes) best = of_two(best, lane);
    }
    for (; i < count; ++i) best = of_two(best, row[i]);
    return best;
  }
};

}  // namespace

AxisLayout::AxisLayout(const Shape& input, std::span<const int32_t> axes) {
  std::vector<Axis> merged;  // From the innermost outwards.
  for (int axis = input.rank() - 1; axis >= 0; --axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    const int64_t stride = reduced ? 0 : outputs_;
    (reduced ? count_ : outputs_) *= input[axis];
    if (!merged.empty() && (merged.back().stride == 0) == reduced) {
      merged.back().extent *= input[axis];
    } else {
      merged.push_back({input[axis], stride});
    }
  }
  if (merged.empty()) return;
  inner_ = merged.front();
  outer_.assign(merged.rbegin(), merged.rend() - 1);
}

template <class T, class Result, class IntoOne, class IntoEach>
void AxisLayout::reduce(const T* input, Result* results, Result initial, IntoOne into_one,
                        IntoEach into_each) const {
  std::fill(results, results + outputs_, initial);
  std::array<int64_t, Shape::kMaxRank> position = {};
  while (true) {
    int64_t first = 0;
    for (size_t axis = 0; axis < outer_.size(); ++axis) first += position[axis] * outer_[axis].stride;
    if (inner_.stride == 0) {
      into_one(input, inner_.extent, results[first]);
    } else {
      into_each(input, inner_.extent, results + first);
    }
    input += inner_.extent;
    size_t axis = outer_.size();
    while (axis > 0 && ++position[axis - 1] == outer_[axis - 1].extent) position[--axis] = 0;
    if (axis == 0) return;
  }
}

template <class T, class Sum>
void AxisSum::add_up(const T* input, Sum* sums) const {
  reduce(
      input, sums, Sum{0}, [](const T* row, int64_t count, Sum& sum) { sum += row_sum(row, count); },
      [](const T* row, int64_t count, Sum* each) { add_row(row, count, each); });
}

void AxisSum::operator()(const float* input, float* sums) const { add_up(input, sums); }
void AxisSum::operator()(const int8_t* input, int32_t* sums) const { add_up(input, sums); }
void AxisSum::operator()(const int16_t* input, int64_t* sums) const { add_up(input, sums); }

template <class Lanes, class T>
void AxisExtreme::select(const T* input, T* results) const {
  const auto reduce_by = [&](auto better) {
    using Chosen = decltype(better);
    reduce(
        input, results, Chosen::kWorst,
        [](const T* row, int64_t count, T& best) { best = Chosen::of_row(row, count, best); },
        [](const T* row, int64_t count, T* best) { Chosen::of_each(row, count, best); });
  };
  extreme_ == Extreme::Max ? reduce_by(Better<T, Lanes, true>{}) : reduce_by(Better<T, Lanes, false>{});
}

void AxisExtreme::operator()(const float* input, float* results) const { select<FloatLanes>(input, results); }

void AxisExtreme::operator()(const int8_t* input, int8_t* results) const {
  select<Int8Lanes>(input, results);
}

void AxisExtreme::operator()(const int16_t* input, int16_t* results) const {
  select<Int16Lanes>(input, results);
}

}  // namespace octet::kernels
