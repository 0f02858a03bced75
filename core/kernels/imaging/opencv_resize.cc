#include "kernels/imaging/opencv_resize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ir/memory_limit.h"
#include "kernels/simd.h"

namespace octet::kernels {
namespace {

constexpr size_t kLanes = 4;
/// Resized source rows that are kept: as many as a cubic target row mixes.
constexpr size_t kKeptRows = 4;

/// The floats of a row rounded up, and one vector more, which pixels that fill none write into.
size_t padded(size_t floats) { return (floats + kLanes - 1) / kLanes * kLanes + kLanes; }

v128_t mixed(v128_t first, v128_t second, v128_t share) {
  return wasm_f32x4_add(first, wasm_f32x4_mul(wasm_f32x4_sub(second, first), share));
}

/// The cubic kernel with a = -0.75 at distances 1 + x, x, 1 - x and 2 - x.
std::array<float, 4> cubic_shares(float x) {
  constexpr float kA = -0.75f;
  const auto near = [](float d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; };
  const float first = ((kA * (x + 1) - 5 * kA) * (x + 1) + 8 * kA) * (x + 1) - 4 * kA;
  const float second = near(x);
  const float third = near(1 - x);
  return {first, second, third, 1.0f - first - second - third};
}

}  // namespace

PlacedPicture placed_picture(Spatial source, const ImageResize& resize) {
  PlacedPicture placed{.extent = resize.output};
  if (!resize.keep_aspect) return placed;
  const double factor = std::min(static_cast<double>(resize.output.width) / source.width,
                                 static_cast<double>(resize.output.height) / source.height);
  const auto scaled = [factor](int32_t extent, int32_t limit) {
    return static_cast<int32_t>(std::clamp(std::round(extent * factor), 1.0, static_cast<double>(limit)));
  };
  placed.extent = {scaled(source.height, resize.output.height), scaled(source.width, resize.output.width)};
  placed.top = resize.output.height - placed.extent.height;
  placed.left = resize.output.width - placed.extent.width;
  if (resize.deposit == Deposit::TopLeft) {
    placed.top = placed.left = 0;
  } else if (resize.deposit == Deposit::Center) {
    placed.top /= 2;
    placed.left /= 2;
  }
  return placed;
}

PictureResizer::Axis PictureResizer::nearest(int32_t source, int32_t target) {
  Axis axis;
  for (int64_t i = 0; i < target; ++i) {
    axis.begin.push_back(static_cast<uint32_t>(axis.taps.size()));
    axis.taps.push_back({static_cast<int32_t>(i * source / target), 1.0f});
  }
  return axis;
}

PictureResizer::Axis PictureResizer::linear(int32_t source, int32_t target) {
  Axis axis;
  const double scale = static_cast<double>(source) / target;
  for (int32_t i = 0; i < target; ++i) {
    const double position = (i + 0.5) * scale - 0.5;
    const double below = std::floor(position);
    const int32_t first = static_cast<int32_t>(below);
    axis.begin.push_back(static_cast<uint32_t>(axis.taps.size()));
    axis.taps.push_back({std::clamp(first, 0, source - 1), 0.0f});
    axis.taps.push_back({std::clamp(first + 1, 0, source - 1), static_cast<float>(position - below)});
  }
  return axis;
}

/// A target pixel that covers less than one of the source mixes the two that it touches.
PictureResizer::Axis PictureResizer::growing_area(int32_t source, int32_t target) {
  Axis axis;
  const double growth = static_cast<double>(target) / source;
  for (int32_t i = 0; i < target; ++i) {
    const int32_t first = static_cast<int32_t>(int64_t{i} * source / target);
    // What lies in the second pixel, in parts of the target pixel.
    const double covered = std::max((i + 1.0) - (first + 1.0) * growth, 0.0);
    axis.begin.push_back(static_cast<uint32_t>(axis.taps.size()));
    axis.taps.push_back({first, 0.0f});
    axis.taps.push_back({std::min(first + 1, source - 1), static_cast<float>(covered - std::floor(covered))});
  }
  return axis;
}

PictureResizer::Axis PictureResizer::shrinking_area(int32_t source, int32_t target) {
  Axis axis;
  // Positions in units of 1 / target, so that all of them are whole.
  for (int64_t i = 0; i < target; ++i) {
    const int64_t begin = i * source;
    const int64_t end = begin + source;
    axis.begin.push_back(static_cast<uint32_t>(axis.taps.size()));
    for (int64_t pixel = begin / target; pixel * target < end; ++pixel) {
      const int64_t covered = std::min(end, (pixel + 1) * target) - std::max(begin, pixel * target);
      axis.taps.push_back({static_cast<int32_t>(pixel),
                           static_cast<float>(static_cast<double>(covered) / static_cast<double>(source))});
    }
  }
  return axis;
}

PictureResizer::Axis PictureResizer::cubic(int32_t source, int32_t target) {
  Axis axis;
  const double scale = static_cast<double>(source) / target;
  for (int32_t i = 0; i < target; ++i) {
    const double position = (i + 0.5) * scale - 0.5;
    const double below = std::floor(position);
    axis.begin.push_back(static_cast<uint32_t>(axis.taps.size()));
    int32_t pixel = static_cast<int32_t>(below) - 1;
    for (const float share : cubic_shares(static_cast<float>(position - below))) {
      axis.taps.push_back({std::clamp(pixel++, 0, source - 1), share});
    }
  }
  return axis;
}

PictureResizer::PictureResizer(Spatial source, Spatial target, int32_t channels, ResizeMethod method)
    : source_row_(padded(static_cast<size_t>(source.width) * static_cast<size_t>(channels))),
      target_row_(padded(static_cast<size_t>(target.width) * static_cast<size_t>(channels))),
      channels_(channels) {
  // Before the tables of taps, which grow alike.
  block_bytes(uint64_t{source_row_ + (kKeptRows + 1) * uint64_t{target_row_}} * sizeof(float),
              "The rows of a resized picture");
  const bool grows = target.width > source.width || target.height > source.height;
  const auto along = [&](int32_t from, int32_t to) {
    switch (method) {
      case ResizeMethod::Nearest:
        return nearest(from, to);
      case ResizeMethod::Area:
        return grows ? growing_area(from, to) : shrinking_area(from, to);
      case ResizeMethod::Cubic:
        return cubic(from, to);
      case ResizeMethod::Linear:
        break;
    }
    return linear(from, to);
  };
  mixes_pairs_ = method == ResizeMethod::Linear || (method == ResizeMethod::Area && grows);
  columns_ = along(source.width, target.width);
  rows_ = along(source.height, target.height);
  for (Axis* axis : {&columns_, &rows_}) axis->begin.push_back(static_cast<uint32_t>(axis->taps.size()));
}

size_t PictureResizer::scratch_floats() const { return source_row_ + (kKeptRows + 1) * target_row_; }

/// Pixels are loaded and stored as whole vectors, whatever their channels: what passes the end of one is
/// overwritten by the next, and rows have room behind them.
void PictureResizer::across(const float* source, float* target) const {
  const size_t channels = static_cast<size_t>(channels_);
  for (size_t x = 0; x + 1 < columns_.begin.size(); ++x, target += channels) {
    const Tap* taps = &columns_.taps[columns_.begin[x]];
    const size_t count = columns_.begin[x + 1] - columns_.begin[x];
    for (size_t c = 0; c < channels; c += kLanes) {
      const auto pixel = [&](const Tap& tap) {
        return wasm_v128_load(source + static_cast<size_t>(tap.source) * channels + c);
      };
      v128_t sum;
      if (mixes_pairs_) {
        sum = mixed(pixel(taps[0]), pixel(taps[1]), wasm_f32x4_splat(taps[1].share));
      } else {
        sum = wasm_f32x4_mul(pixel(taps[0]), wasm_f32x4_splat(taps[0].share));
        for (size_t t = 1; t < count; ++t)
          sum = wasm_f32x4_add(sum, wasm_f32x4_mul(pixel(taps[t]), wasm_f32x4_splat(taps[t].share)));
      }
      wasm_v128_store(target + c, sum);
    }
  }
}

void PictureResizer::operator()(const PictureRows& rows, float* scratch) const {
  float* const source_row = scratch;
  float* const kept = source_row + source_row_;
  float* const result = kept + kKeptRows * target_row_;
  std::array<int32_t, kKeptRows> kept_rows;
  kept_rows.fill(-1);
  const auto resized = [&](const Tap& tap) -> const float* {
    const size_t slot = static_cast<size_t>(tap.source) % kKeptRows;
    float* const row = kept + slot * target_row_;
    if (kept_rows[slot] != tap.source) {
      rows.read(tap.source, source_row);
      across(source_row, row);
      kept_rows[slot] = tap.source;
    }
    return row;
  };
  const auto for_each_vector = [&](auto visit) {
    for (size_t i = 0; i < target_row_; i += kLanes) wasm_v128_store(result + i, visit(i));
  };
  for (size_t y = 0; y + 1 < rows_.begin.size(); ++y) {
    const Tap* taps = &rows_.taps[rows_.begin[y]];
    const size_t count = rows_.begin[y + 1] - rows_.begin[y];
    const float* first = resized(taps[0]);
    if (mixes_pairs_ && taps[1].share != 0) {
      const float* second = resized(taps[1]);
      const v128_t share = wasm_f32x4_splat(taps[1].share);
      for_each_vector(
          [&](size_t i) { return mixed(wasm_v128_load(first + i), wasm_v128_load(second + i), share); });
    } else if (!mixes_pairs_ && count > 1) {
      const v128_t share = wasm_f32x4_splat(taps[0].share);
      for_each_vector([&](size_t i) { return wasm_f32x4_mul(wasm_v128_load(first + i), share); });
      for (size_t t = 1; t < count; ++t) {
        const float* next = resized(taps[t]);
        const v128_t its_share = wasm_f32x4_splat(taps[t].share);
        for_each_vector([&](size_t i) {
          return wasm_f32x4_add(wasm_v128_load(result + i),
                                wasm_f32x4_mul(wasm_v128_load(next + i), its_share));
        });
      }
    } else {
      rows.write(static_cast<int32_t>(y), first);  // One row alone, and all of it.
      continue;
    }
    rows.write(static_cast<int32_t>(y), result);
  }
}

}  // namespace octet::kernels
