#include "formats/onnx/interpolation.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace octet::formats::onnx {
namespace {

constexpr std::string_view kCrop = "tf_crop_and_resize";

template <size_t kCount>
bool is_one_of(std::string_view name, const std::array<std::string_view, kCount>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

float position(const ResizeMode& mode, const ResizedAxis& axis, float x) {
  const auto input = static_cast<float>(axis.input);
  const auto output = static_cast<float>(axis.output);
  if (mode.coordinates == "asymmetric") return x / axis.scale;
  if (mode.coordinates == "tf_half_pixel_for_nn") return (x + 0.5f) / axis.scale;
  if (mode.coordinates == "align_corners") {
    // ONNX's length of the output is not rounded.
    const float length = axis.scale * input;
    return axis.output == 1 || length == 1 ? 0 : x * (input - 1) / (length - 1);
  }
  if (mode.coordinates == kCrop) {
    if (axis.output == 1) return 0.5f * (axis.roi_begin + axis.roi_end) * (input - 1);
    return axis.roi_begin * (input - 1) + x * (axis.roi_end - axis.roi_begin) * (input - 1) / (output - 1);
  }
  if (mode.coordinates == "pytorch_half_pixel" && axis.output == 1) return 0;
  const float centred = (x + 0.5f) / axis.scale - 0.5f;
  if (mode.coordinates != "half_pixel_symmetric") return centred;
  // What rounding the extent down took away is taken from both ends.
  const float adjustment = output / (axis.scale * input);
  return input / 2 * (1 - adjustment) + centred;
}

/// Keys' cubic convolution, with its parameter `a`.
float cubic(float distance, float a) {
  const float t = std::fabs(distance);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

float kernel(const ResizeMode& mode, float distance) {
  if (mode.method == "cubic") return cubic(distance, mode.cubic_coefficient);
  return std::max(1 - std::fabs(distance), 0.0f);
}

/// The weights of the inputs around a position, added to its row; inputs outside stand for the border.
void add_row(const ResizeMode& mode, const ResizedAxis& axis, float place, float* row) {
  const float stretch = mode.antialias ? std::min(axis.scale, 1.0f) : 1.0f;
  const float reach = (mode.method == "cubic" ? 2.0f : 1.0f) / stretch;
  const auto first = static_cast<int64_t>(std::ceil(place - reach));
  const auto last = static_cast<int64_t>(std::floor(place + reach));
  float total = 0;
  for (int64_t i = first; i <= last; ++i) {
    if (mode.excludes_outside && (i < 0 || i >= axis.input)) continue;
    const float weight = kernel(mode, (static_cast<float>(i) - place) * stretch);
    row[std::clamp<int64_t>(i, 0, axis.input - 1)] += weight;
    total += weight;
  }
  if (total == 0) return;
  for (int64_t i = 0; i < axis.input; ++i) row[i] /= total;
}

}  // namespace

bool is_known(const ResizeMode& mode) {
  constexpr std::array<std::string_view, 7> kCoordinates = {"half_pixel",
                                                            "half_pixel_symmetric",
                                                            "pytorch_half_pixel",
                                                            "align_corners",
                                                            "asymmetric",
                                                            "tf_half_pixel_for_nn",
                                                            kCrop};
  constexpr std::array<std::string_view, 3> kMethods = {"nearest", "linear", "cubic"};
  constexpr std::array<std::string_view, 5> kNearest = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                                        "ceil", "simple"};
  return is_one_of(mode.coordinates, kCoordinates) && is_one_of(mode.method, kMethods) &&
         is_one_of(mode.nearest, kNearest);
}

std::vector<float> positions(const ResizeMode& mode, const ResizedAxis& axis) {
  std::vector<float> places(static_cast<size_t>(axis.output));
  for (size_t x = 0; x < places.size(); ++x) {
    const float place = position(mode, axis, static_cast<float>(x));
    // However far outside, the border stands there.
    const auto input = static_cast<float>(axis.input);
    places[x] = std::isnan(place) ? 0 : std::clamp(place, -2 * input - 4, 3 * input + 4);
  }
  return places;
}

std::vector<int32_t> nearest_inputs(const ResizeMode& mode, const ResizedAxis& axis) {
  std::vector<int32_t> inputs;
  for (const float place : positions(mode, axis)) {
    float nearest = std::floor(place);
    if (mode.nearest == "ceil" || (mode.nearest == "simple" && axis.scale < 1)) nearest = std::ceil(place);
    if (mode.nearest == "round_prefer_floor") nearest = std::ceil(place - 0.5f);
    if (mode.nearest == "round_prefer_ceil") nearest = std::floor(place + 0.5f);
    inputs.push_back(
        static_cast<int32_t>(std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, axis.input - 1)));
  }
  return inputs;
}

std::vector<bool> outside(const ResizeMode& mode, const ResizedAxis& axis) {
  std::vector<bool> result;
  for (const float place : positions(mode, axis)) {
    result.push_back(mode.coordinates == kCrop && (place < 0 || place > static_cast<float>(axis.input - 1)));
  }
  return result;
}

std::vector<float> weights(const ResizeMode& mode, const ResizedAxis& axis) {
  std::vector<float> matrix(static_cast<size_t>(axis.output * axis.input), 0.0f);
  const std::vector<float> places = positions(mode, axis);
  const std::vector<int32_t> nearest = nearest_inputs(mode, axis);
  const std::vector<bool> is_outside = outside(mode, axis);
  for (size_t x = 0; x < places.size(); ++x) {
    if (is_outside[x]) continue;
    float* const row = matrix.data() + x * static_cast<size_t>(axis.input);
    if (mode.method == "nearest") {
      row[nearest[x]] = 1;
    } else {
      add_row(mode, axis, places[x], row);
    }
  }
  return matrix;
}

}  // namespace octet::formats::onnx
