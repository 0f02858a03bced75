#include "kernels/elementwise/strided_copy.h"

#include <array>
#include <cstring>
#include <utility>

namespace octet::kernels {
namespace {

/// A merged axis keeps a table of its source offsets; beyond this length the table would crowd the data out
/// of cache.
constexpr size_t kLongestMergedAxis = 1024;

bool is_contiguous(const CopyAxis& axis, size_t run_bytes) {
  const ptrdiff_t stride = static_cast<ptrdiff_t>(run_bytes);
  if (axis.destination_stride != stride) return false;
  for (size_t i = 0; i < axis.source.size(); ++i) {
    if (axis.source[i] != static_cast<ptrdiff_t>(i) * stride) return false;
  }
  return true;
}

/// True when stepping `outer` continues where `inner` ends in the destination, so that one axis can stand for
/// both.
bool can_merge(const CopyAxis& outer, const CopyAxis& inner) {
  return outer.destination_stride == inner.destination_stride * static_cast<ptrdiff_t>(inner.source.size()) &&
         outer.source.size() * inner.source.size() <= kLongestMergedAxis;
}

CopyAxis merged(const CopyAxis& outer, const CopyAxis& inner) {
  CopyAxis both = {.source = {}, .destination_stride = inner.destination_stride};
  both.source.reserve(outer.source.size() * inner.source.size());
  for (const ptrdiff_t base : outer.source) {
    for (const ptrdiff_t offset : inner.source) both.source.push_back(base + offset);
  }
  return both;
}

}  // namespace

CopyAxis strided_axis(int32_t extent, ptrdiff_t source_stride, ptrdiff_t destination_stride) {
  CopyAxis axis = {.source = {}, .destination_stride = destination_stride};
  axis.source.reserve(static_cast<size_t>(extent));
  for (int32_t i = 0; i < extent; ++i) axis.source.push_back(i * source_stride);
  return axis;
}

CopyAxis indexed_axis(std::span<const int32_t> indices, ptrdiff_t source_stride,
                      ptrdiff_t destination_stride) {
  CopyAxis axis = {.source = {}, .destination_stride = destination_stride};
  axis.source.reserve(indices.size());
  for (const int32_t index : indices) axis.source.push_back(index * source_stride);
  return axis;
}

Copy::Copy(std::vector<CopyAxis> axes, size_t element_size, ptrdiff_t source_offset,
           ptrdiff_t destination_offset)
    : run_bytes_(element_size), source_offset_(source_offset), destination_offset_(destination_offset) {
  for (CopyAxis& axis : axes) {
    if (axis.source.size() != 1) {
      axes_.push_back(std::move(axis));
      continue;
    }
    source_offset_ += axis.source[0];
  }
  while (!axes_.empty() && is_contiguous(axes_.back(), run_bytes_)) {
    run_bytes_ *= axes_.back().source.size();
    axes_.pop_back();
  }
  while (axes_.size() >= 2 && can_merge(axes_[axes_.size() - 2], axes_.back())) {
    CopyAxis both = merged(axes_[axes_.size() - 2], axes_.back());
    axes_.pop_back();
    axes_.back() = std::move(both);
  }
}

template <class Run>
void Copy::for_each_run(const std::byte* source, std::byte* destination, Run run) const {
  if (axes_.empty()) {
    run(source, destination);
    return;
  }
  constexpr size_t kMaxAxes = 8;
  std::array<size_t, kMaxAxes> position = {};
  const CopyAxis& inner = axes_.back();
  const size_t outer_axes = axes_.size() - 1;
  while (true) {
    const std::byte* row = source;
    std::byte* out = destination;
    for (size_t axis = 0; axis < outer_axes; ++axis) {
      row += axes_[axis].source[position[axis]];
      out += static_cast<ptrdiff_t>(position[axis]) * axes_[axis].destination_stride;
    }
    for (const ptrdiff_t offset : inner.source) {
      run(row + offset, out);
      out += inner.destination_stride;
    }
    size_t axis = outer_axes;
    while (axis > 0 && ++position[axis - 1] == axes_[axis - 1].source.size()) position[--axis] = 0;
    if (axis == 0) return;
  }
}

void Copy::operator()(const std::byte* source, std::byte* destination) const {
  source += source_offset_;
  destination += destination_offset_;
  // A size known at compile time makes each run one load and one store.
  const auto fixed = [&]<size_t kBytes>() {
    for_each_run(source, destination,
                 [](const std::byte* from, std::byte* to) { std::memcpy(to, from, kBytes); });
  };
  switch (run_bytes_) {
    case 1:
      return fixed.template operator()<1>();
    case 2:
      return fixed.template operator()<2>();
    case 4:
      return fixed.template operator()<4>();
    case 8:
      return fixed.template operator()<8>();
    case 16:
      return fixed.template operator()<16>();
    default:
      for_each_run(source, destination, [bytes = run_bytes_](const std::byte* from, std::byte* to) {
        std::memcpy(to, from, bytes);
      });
  }
}

}  // namespace octet::kernels
