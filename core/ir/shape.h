// Shape: the static extents of a tensor, canonical layout NHWC for images.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace octet {

/// At most eight dimensions, each at least 1 in a valid graph. A scalar has rank 0 and one element.
class Shape {
 public:
  static constexpr int kMaxRank = 8;
  /// Largest number of elements of one tensor: byte sizes and offsets then fit 32-bit WebAssembly addresses.
  static constexpr int64_t kMaxElements = int64_t{1} << 28;

  Shape() = default;
  /// Throws InvalidShape when there are more than kMaxRank dimensions, one is < 1, or the product passes
  /// kMaxElements.
  explicit Shape(std::span<const int32_t> dims);
  Shape(std::initializer_list<int32_t> dims) : Shape(std::span<const int32_t>(dims.begin(), dims.size())) {}

  int rank() const { return rank_; }
  /// Extent of dimension `axis`; a negative axis counts from the end. `axis` must be within [-rank, rank).
  int32_t operator[](int axis) const { return dims_[static_cast<size_t>(axis < 0 ? axis + rank_ : axis)]; }
  std::span<const int32_t> dims() const { return {dims_.data(), static_cast<size_t>(rank_)}; }
  /// Number of elements, 1 for a scalar.
  int64_t elements() const;
  /// Product of the extents of dimensions [begin, end).
  int64_t elements(int begin, int end) const;

  // Named access to a rank-4 NHWC shape.
  int32_t batch() const { return dims_[0]; }
  int32_t height() const { return dims_[1]; }
  int32_t width() const { return dims_[2]; }
  int32_t channels() const { return dims_[3]; }

  friend bool operator==(const Shape& a, const Shape& b) { return a.rank_ == b.rank_ && a.dims_ == b.dims_; }

 private:
  std::array<int32_t, kMaxRank> dims_ =
      {};  // Entries past rank_ stay 0, so that == may compare whole arrays.
  int rank_ = 0;
};

/// "1x28x28x1"; "scalar" for rank 0.
std::string to_string(const Shape& shape);

/// `axis` in [0, rank), from one that may count from the end; throws InvalidShape when it is outside [-rank,
/// rank).
int normalized_axis(int axis, int rank);

/// The shape two operands broadcast to by NumPy's rules; throws InvalidShape when they do not.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace octet
