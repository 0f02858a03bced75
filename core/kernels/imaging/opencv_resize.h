// Resizing of pictures by OpenCV's methods, row by row in floats. TFLite's resizing, whose rounding and
// options are others, is in kernels/imaging/tflite_resize.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/attributes.h"

namespace octet::kernels {

/// Where a resized picture lies in its frame.
struct PlacedPicture {
  Spatial extent;
  int32_t top = 0;
  int32_t left = 0;
};

/// The picture's place in the output of `resize`: all of it, or with keep_aspect what one factor for both
/// axes leaves, each side rounded to the nearest pixel and at least one.
PlacedPicture placed_picture(Spatial source, const ImageResize& resize);

/// Rows of a picture: where the resizer reads, and where it writes.
class PictureRows {
 public:
  virtual ~PictureRows() = default;
  /// Row `y` of the source to `row`, as floats, pixel by pixel. There is room for a vector behind it.
  virtual void read(int32_t y, float* row) const = 0;
  /// Takes row `y` of the result, in order of y.
  virtual void write(int32_t y, const float* row) const = 0;
};

class PictureResizer {
 public:
  /// Linear mixes two pixels a side as first + (second - first) * share, across, then down. Cubic is the
  /// kernel with a = -0.75 over four. Area is the mean of what each pixel covers where no side grows, else
  /// Linear with its shares. Values are not limited: Cubic passes over the range of its source.
  PictureResizer(Spatial source, Spatial target, int32_t channels, ResizeMethod method);

  /// Floats that a call needs as scratch memory.
  size_t scratch_floats() const;
  void operator()(const PictureRows& rows, float* scratch) const;

 private:
  /// A source position and its share of a target position.
  struct Tap {
    int32_t source;
    float share;
  };
  /// The taps of each target position along one axis: those from begin[i] up to begin[i + 1].
  struct Axis {
    std::vector<Tap> taps;
    std::vector<uint32_t> begin;
  };

  static Axis nearest(int32_t source, int32_t target);
  static Axis linear(int32_t source, int32_t target);
  static Axis growing_area(int32_t source, int32_t target);
  static Axis shrinking_area(int32_t source, int32_t target);
  static Axis cubic(int32_t source, int32_t target);

  void across(const float* source, float* target) const;

  bool mixes_pairs_ = false;  ///< Two taps each, of which the second has the share.
  size_t source_row_;         ///< Floats of a row, with room for a vector that passes its end.
  size_t target_row_;
  int32_t channels_;
  Axis columns_;
  Axis rows_;
};

}  // namespace octet::kernels
