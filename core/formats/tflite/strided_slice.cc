#include "formats/tflite/strided_slice.h"

#include <algorithm>

namespace octet::formats::tflite {
namespace {

/// One entry of the file's description, or a whole dimension where the ellipsis or nothing stands for it.
struct Entry {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t stride = 1;
  bool from_edge = true;  ///< begin is ignored.
  bool to_edge = true;    ///< end is ignored.
  bool shrink = false;
};

bool has_bit(int32_t mask, size_t bit) { return (static_cast<uint32_t>(mask) >> bit & 1u) != 0; }

std::vector<Entry> read_entries(const OperatorReader& reader, size_t rank) {
  const auto& options = reader.options<schema::StridedSliceOptions>();
  if (options.new_axis_mask() != 0) reader.unsupported("with new axes");
  const std::vector<int32_t> begin = reader.integers(1);
  const std::vector<int32_t> end = reader.integers(2, begin.size());
  const std::vector<int32_t> stride = reader.integers(3, begin.size());
  std::vector<Entry> entries;
  bool expanded = false;
  for (size_t i = 0; i < begin.size(); ++i) {
    if (has_bit(options.ellipsis_mask(), i)) {
      if (expanded) reader.invalid("it has two ellipses.");
      expanded = true;
      const size_t described = begin.size() - 1;
      if (described > rank) reader.invalid("it slices more dimensions than its input has.");
      entries.resize(entries.size() + rank - described);
      continue;
    }
    Entry entry{begin[i],
                end[i],
                stride[i],
                has_bit(options.begin_mask(), i),
                has_bit(options.end_mask(), i),
                has_bit(options.shrink_axis_mask(), i)};
    if (options.offset()) entry.end += entry.begin;
    entries.push_back(entry);
  }
  if (entries.size() > rank) reader.invalid("it slices more dimensions than its input has.");
  entries.resize(rank);
  return entries;
}

}  // namespace

Attributes read_strided_slice(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  const std::vector<Entry> entries = read_entries(reader, static_cast<size_t>(input.rank()));
  StridedSlice slice;
  for (int d = 0; d < input.rank(); ++d) {
    const Entry& entry = entries[static_cast<size_t>(d)];
    const int64_t extent = input[d];
    if (entry.stride == 0) reader.invalid("it has a stride of 0.");
    const auto from_start = [&](int64_t position) { return position < 0 ? position + extent : position; };
    if (entry.shrink) {
      const int64_t position = entry.from_edge ? 0 : from_start(entry.begin);
      if (position < 0 || position >= extent) reader.invalid("it takes an element outside its input.");
      slice.begin.push_back(static_cast<int32_t>(position));
      slice.size.push_back(1);
      slice.stride.push_back(1);
      slice.shrunk_axes.push_back(d);
      continue;
    }
    const bool forward = entry.stride > 0;
    // Positions are clamped to the input's ends: [0, extent] forward, [-1, extent - 1] backward.
    const int64_t lowest = forward ? 0 : -1;
    const int64_t highest = forward ? extent : extent - 1;
    const int64_t begin =
        entry.from_edge ? (forward ? lowest : highest) : std::clamp(from_start(entry.begin), lowest, highest);
    const int64_t end =
        entry.to_edge ? (forward ? highest : lowest) : std::clamp(from_start(entry.end), lowest, highest);
    const int64_t reach = forward ? end - begin : begin - end;
    if (reach <= 0) reader.invalid("it selects nothing in dimension " + std::to_string(d) + ".");
    const int64_t step = forward ? entry.stride : -entry.stride;
    slice.begin.push_back(static_cast<int32_t>(begin));
    slice.size.push_back(static_cast<int32_t>((reach + step - 1) / step));
    slice.stride.push_back(static_cast<int32_t>(entry.stride));
  }
  return slice;
}

void write_strided_slice(OperatorWriter& writer) {
  const StridedSlice& slice = writer.attributes<StridedSlice>();
  std::vector<int32_t> end;
  int32_t end_mask = 0;
  int32_t shrink_mask = 0;
  for (size_t d = 0; d < slice.begin.size(); ++d) {
    const int32_t last = slice.begin[d] + (slice.size[d] - 1) * slice.stride[d];
    end.push_back(slice.stride[d] > 0 ? last + 1 : last - 1);
    // Before element 0 there is no position to name: -1 is the last element.
    if (end.back() < 0) end_mask |= 1 << d;
  }
  for (const int32_t axis : slice.shrunk_axes) shrink_mask |= 1 << axis;
  writer.vector_operand(1, slice.begin);
  writer.vector_operand(2, end);
  writer.vector_operand(3, slice.stride);
  writer.set_options(schema::CreateStridedSliceOptions(writer.builder(), 0, end_mask, 0, 0, shrink_mask));
}

}  // namespace octet::formats::tflite
