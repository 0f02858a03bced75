// Where the elements of a resized axis come from: Resize's coordinates, modes and weights. Every mode is a
// product with a matrix along each axis; what the graph's own operators compute is recognized by it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace octet::formats::onnx {

/// What Resize says of all its axes.
struct ResizeMode {
  std::string_view coordinates = "half_pixel";
  std::string_view method = "nearest";  ///< "nearest", "linear" or "cubic".
  /// As ONNX names it; "simple" is that of versions before 11, which round up where they shrink.
  std::string_view nearest = "round_prefer_floor";
  float cubic_coefficient = -0.75f;
  bool excludes_outside = false;
  bool antialias = false;
};

/// One axis from `input` to `output` elements.
struct ResizedAxis {
  int64_t input = 1;
  int64_t output = 1;
  float scale = 1;                   ///< As given: not output / input where the extent was rounded down.
  float roi_begin = 0, roi_end = 1;  ///< Of "tf_crop_and_resize", in parts of the axis.

  bool changes() const { return input != output || scale != 1 || roi_begin != 0 || roi_end != 1; }
};

/// True where Octet knows the names in it.
bool is_known(const ResizeMode& mode);

/// For each output its place among the inputs, possibly outside.
std::vector<float> positions(const ResizeMode& mode, const ResizedAxis& axis);
/// The nearest input of each, within the axis.
std::vector<int32_t> nearest_inputs(const ResizeMode& mode, const ResizedAxis& axis);
/// [output, input]: by what each input counts. Rows of positions outside of a crop are 0.
std::vector<float> weights(const ResizeMode& mode, const ResizedAxis& axis);
/// Whether each position lies outside of the input, of which only crops take notice.
std::vector<bool> outside(const ResizeMode& mode, const ResizedAxis& axis);

}  // namespace octet::formats::onnx
