#include "ops/imaging/tessellation.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace octet::ops {
namespace {

constexpr int64_t kBlock = 16;

}  // namespace

Tessellation::Tessellation(const NodeView& node, const Tessellate& tiles, const Shape& frame, DType dtype)
    : tiles_(tiles), frame_(frame), element_(static_cast<int64_t>(size_of(dtype))) {
  if (frame.rank() != 4 || frame.batch() != 1)
    node.fail("its frame has shape " + to_string(frame) + "; 1 x height x width x channels is expected.");
  constexpr const char* kNames[] = {"height", "width", "channels"};
  for (int axis = 0; axis < 3; ++axis) {
    const int32_t extent = tiles.slice[static_cast<size_t>(axis)];
    if (extent >= 1 && extent <= frame[axis + 1]) continue;
    node.fail("the " + std::string(kNames[axis]) + " of its slice is " + std::to_string(extent) +
              "; it can be from 1 to the frame's " + std::to_string(frame[axis + 1]) + ".");
  }
}

int64_t Tessellation::filled_up(int64_t channels) const {
  return tiles_.align_c16 ? (channels + kBlock - 1) / kBlock * kBlock : channels;
}

int64_t Tessellation::elements() const {
  const int64_t channels = frame_.channels();
  const int64_t slice = tiles_.slice[2];
  const int64_t stored = channels / slice * filled_up(slice) + filled_up(channels % slice);
  return int64_t{frame_.height()} * frame_.width() * stored;
}

template <class Visit>
void Tessellation::for_each_run_of_slice(int64_t y0, int64_t x0, int64_t c0, Visit visit) const {
  const int64_t height = std::min<int64_t>(tiles_.slice[0], frame_.height() - y0);
  const int64_t width = std::min<int64_t>(tiles_.slice[1], frame_.width() - x0);
  const int64_t channels = std::min<int64_t>(tiles_.slice[2], frame_.channels() - c0);
  const int64_t stored = filled_up(channels);
  const int64_t block = tiles_.cblock ? kBlock : stored;
  for (int64_t c = 0; c < stored; c += block) {
    const int64_t kept = std::min(block, channels - c);  // Blocks of zeros alone do not exist.
    const int64_t zeros = std::min(block, stored - c) - kept;
    for (int64_t y = y0; y < y0 + height; ++y) {
      for (int64_t x = x0; x < x0 + width; ++x) {
        const int64_t offset = (y * frame_.width() + x) * frame_.channels() + c0 + c;
        visit(static_cast<size_t>(offset * element_), static_cast<size_t>(kept * element_),
              static_cast<size_t>(zeros * element_));
      }
    }
  }
}

template <class Visit>
void Tessellation::for_each_run(Visit visit) const {
  for (int64_t y = 0; y < frame_.height(); y += tiles_.slice[0]) {
    for (int64_t x = 0; x < frame_.width(); x += tiles_.slice[1]) {
      for (int64_t c = 0; c < frame_.channels(); c += tiles_.slice[2]) for_each_run_of_slice(y, x, c, visit);
    }
  }
}

void Tessellation::cut(const std::byte* frame, std::byte* slices) const {
  for_each_run([&](size_t offset, size_t kept, size_t zeros) {
    std::memcpy(slices, frame + offset, kept);
    std::memset(slices + kept, 0, zeros);
    slices += kept + zeros;
  });
}

void Tessellation::join(const std::byte* slices, std::byte* frame) const {
  for_each_run([&](size_t offset, size_t kept, size_t zeros) {
    std::memcpy(frame + offset, slices, kept);
    slices += kept + zeros;
  });
}

}  // namespace octet::ops
