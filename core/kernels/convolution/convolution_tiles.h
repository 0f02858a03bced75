// The loops that every convolution kernel shares: blocks of packed rows, and tiles of four output pixels
// within a block.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {

/// Output pixels that a kernel computes together. With eight channels each that is eight accumulators, which
/// with weights and inputs just fit the sixteen vector registers of x86-64.
inline constexpr int kTilePixels = 4;

/// Widens int8 to int16 relative to the zero point.
struct WidenInt8 {
  using Input = int8_t;
  using Packed = int16_t;
  int32_t zero_point;
  int16_t padding() const { return 0; }

  void operator()(const int8_t* source, int64_t count, int16_t* destination) const {
    const v128_t offset = wasm_i16x8_splat(static_cast<int16_t>(zero_point));
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
      wasm_v128_store(destination + i, wasm_i16x8_sub(wasm_i16x8_load8x8(source + i), offset));
    }
    for (; i < count; ++i) destination[i] = static_cast<int16_t>(source[i] - zero_point);
  }
};

/// Copies int8 as the bytes that dot() takes.
struct BytesOfInt8 {
  using Input = int8_t;
  using Packed = uint8_t;
  int32_t zero_point;
  uint8_t flip;  ///< 0, or the top bit: value + 128 as an unsigned byte.
  uint8_t padding() const { return static_cast<uint8_t>(static_cast<uint8_t>(zero_point) ^ flip); }

  void operator()(const int8_t* source, int64_t count, uint8_t* destination) const {
    const v128_t flips = wasm_i8x16_splat(static_cast<int8_t>(flip));
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
      wasm_v128_store(destination + i, wasm_v128_xor(wasm_v128_load(source + i), flips));
    }
    for (; i < count; ++i) destination[i] = static_cast<uint8_t>(static_cast<uint8_t>(source[i]) ^ flip);
  }
};

/// Copies elements as they are.
template <class T>
struct CopyElements {
  using Input = T;
  using Packed = T;
  T padding() const { return 0; }

  void operator()(const T* source, int64_t count, T* destination) const {
    std::memcpy(destination, source, static_cast<size_t>(count) * sizeof(T));
  }
};
using CopyFloat = CopyElements<float>;

/// Packs `pixels` neighbouring pixels, repeating channels where the plan says so.
template <class Convert>
void pack_pixels(const ConvolutionPlan& plan, const Convert& convert, const typename Convert::Input* source,
                 int64_t pixels, typename Convert::Packed* destination) {
  const int64_t count = pixels * plan.geometry.input_channels;
  if (plan.channel_repeats == 1) return convert(source, count, destination);
  for (int64_t i = 0; i < count; ++i) {
    convert(source + i, 1, destination);
    std::fill_n(destination + 1, plan.channel_repeats - 1, *destination);
    destination += plan.channel_repeats;
  }
}

/// Packs input rows [first, first + rows) of one image, with padding wherever they lie outside it.
template <class Convert>
void pack_rows(const ConvolutionPlan& plan, const Convert& convert, const typename Convert::Input* image,
               int32_t first, int32_t rows, typename Convert::Packed* packed) {
  using Packed = typename Convert::Packed;
  const ConvolutionGeometry& g = plan.geometry;
  const int64_t source_row = int64_t{g.input_width} * g.input_channels;
  const int64_t packed_row = int64_t{plan.packed_width} * plan.packed_channels;
  // Columns [begin, end) of a packed row lie inside the image.
  const int32_t begin = std::clamp(-g.origin_x, 0, plan.packed_width);
  const int32_t end = std::clamp(g.input_width - g.origin_x, begin, plan.packed_width);
  const int32_t top = std::clamp(-first, 0, rows);
  const int32_t bottom = std::clamp(g.input_height - first, top, rows);

  const Packed padding = convert.padding();
  std::fill_n(packed, top * packed_row, padding);
  const typename Convert::Input* source = image + (int64_t{first} + top) * source_row;
  if (begin == 0 && end == plan.packed_width && plan.packed_width == g.input_width) {
    pack_pixels(plan, convert, source, int64_t{bottom - top} * g.input_width, packed + top * packed_row);
  } else {
    for (int32_t y = top; y < bottom; ++y, source += source_row) {
      Packed* row = packed + y * packed_row;
      std::fill_n(row, int64_t{begin} * plan.packed_channels, padding);
      pack_pixels(plan, convert, source + (int64_t{g.origin_x} + begin) * g.input_channels, end - begin,
                  row + int64_t{begin} * plan.packed_channels);
      std::fill_n(row + int64_t{end} * plan.packed_channels,
                  int64_t{plan.packed_width - end} * plan.packed_channels, padding);
    }
  }
  std::fill_n(packed + bottom * packed_row, (rows - bottom) * packed_row, padding);
}

/// Packs the rows of each block into `scratch` and calls compute(packed rows, pixels, offset of the block's
/// first output).
template <class Convert, class Compute>
void for_each_block(const ConvolutionPlan& plan, const Convert& convert, const typename Convert::Input* input,
                    typename Convert::Packed* scratch, const Compute& compute) {
  const ConvolutionGeometry& g = plan.geometry;
  const int64_t image_size = int64_t{g.input_height} * g.input_width * g.input_channels;
  for (int32_t b = 0; b < g.batch; ++b) {
    for (int32_t y = 0; y < g.output_height; y += plan.rows_per_block) {
      const int32_t rows = std::min(plan.rows_per_block, g.output_height - y);
      const typename Convert::Packed* packed = scratch;
      if (plan.copies_rows() && std::is_same_v<Convert, CopyFloat>) {
        const auto* row = input + b * image_size + y * int64_t{g.stride_y} * g.input_width * g.input_channels;
        packed = reinterpret_cast<const typename Convert::Packed*>(row);
      } else if (plan.has_taps()) {
        pack_rows(plan, convert, input + b * image_size, g.origin_y + y * g.stride_y, plan.packed_rows(rows),
                  scratch);
      }
      compute(packed, rows * g.output_width,
              int64_t{g.output_offset} + int64_t{b} * g.output_batch_step + int64_t{y} * g.output_row_step);
    }
  }
}

/// Computes the pixels of a block tile by tile: tiles[n - 1] is the engine's member for a tile of n pixels.
/// Called by pointer for the sake of V8: inlined into the loops around it, a tile's sums would not stay in
/// registers.
template <class Engine, class Tile, class Packed, class Output>
void for_each_tile(int32_t pixels, const Tile (&tiles)[kTilePixels], const Engine& engine, size_t panel,
                   const Packed* packed, Output* output) {
  for (int32_t first = 0; first < pixels; first += kTilePixels) {
    const Tile tile = tiles[std::min(kTilePixels, pixels - first) - 1];
    (engine.*tile)(panel, packed, output, first);
  }
}

}  // namespace octet::kernels
