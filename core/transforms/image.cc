#include "transforms/image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "ir/error.h"

namespace octet::transforms {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void invalid_config(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidConfig, message, {}, hint);
}

std::vector<float> numbers(const Json& value, const std::string& name) {
  const Json list = value.is_array() ? value : Json::array({value});
  std::vector<float> result;
  for (const Json& element : list) {
    if (!element.is_number())
      invalid_config("Preprocessing's '" + name + "' must be a number or a list of numbers.");
    result.push_back(element.get<float>());
  }
  return result;
}

/// The index in `names` of a string field.
template <size_t N>
size_t choice(const Json& value, const std::string& field, const std::array<const char*, N>& names) {
  std::string known;
  for (size_t i = 0; i < N; ++i) {
    if (value == names[i]) return i;
    known += (i == 0 ? "'" : ", '") + std::string(names[i]) + "'";
  }
  invalid_config("Preprocessing's '" + field + "' is " + value.dump() + ".", "It can be " + known + ".");
}

/// Where the image lies in the tensor, and the tensor's extents.
struct Frame {
  int height;
  int width;
  int channels;
  int top = 0;
  int left = 0;
  int image_height;
  int image_width;
};

Frame frame_of(const Image& image, const Preprocessing& preprocessing, const Shape& shape) {
  const bool nhwc = preprocessing.layout == Layout::Nhwc;
  const int channels = shape.rank() == 4 ? (nhwc ? shape[3] : shape[1]) : 0;
  if (shape.rank() != 4 || shape[0] != 1 || (channels != 1 && channels != 3)) {
    throw Error(ErrorCode::InvalidInput, "An image cannot become a tensor of shape " + to_string(shape) + ".",
                {}, "The input must hold one image of 1 or 3 channels; check the layout, NHWC or NCHW.");
  }
  Frame frame{.height = nhwc ? shape[1] : shape[2],
              .width = nhwc ? shape[2] : shape[3],
              .channels = channels,
              .image_height = 0,
              .image_width = 0};
  frame.image_height = frame.height;
  frame.image_width = frame.width;
  if (preprocessing.keep_aspect) {
    const double factor = std::min(static_cast<double>(frame.width) / image.width,
                                   static_cast<double>(frame.height) / image.height);
    const auto scaled = [factor](int extent, int limit) {
      return std::clamp(static_cast<int>(std::round(extent * factor)), 1, limit);
    };
    frame.image_height = scaled(image.height, frame.height);
    frame.image_width = scaled(image.width, frame.width);
    frame.top = (frame.height - frame.image_height) / 2;
    frame.left = (frame.width - frame.image_width) / 2;
  }
  return frame;
}

/// The two source positions that one target position mixes, and the share of the second.
struct Tap {
  int first;
  int second;
  float share;
};

std::vector<Tap> taps(int source, int target, ResizeMethod method) {
  std::vector<Tap> result(static_cast<size_t>(target));
  const double scale = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const double centre = (i + 0.5) * scale;
    if (method == ResizeMethod::Nearest) {
      const int nearest = std::min(static_cast<int>(std::floor(centre)), source - 1);
      result[static_cast<size_t>(i)] = {nearest, nearest, 0};
      continue;
    }
    const double position = centre - 0.5;
    const double below = std::floor(position);
    const int first = static_cast<int>(below);
    result[static_cast<size_t>(i)] = {std::clamp(first, 0, source - 1), std::clamp(first + 1, 0, source - 1),
                                      static_cast<float>(position - below)};
  }
  return result;
}

using Color = std::array<float, 3>;

Color color_at(const Image& image, ColorOrder order, int y, int x) {
  const uint8_t* pixel =
      &image.rgba[4 * (static_cast<size_t>(y) * static_cast<size_t>(image.width) + static_cast<size_t>(x))];
  const int red = pixel[0];
  const int green = pixel[1];
  const int blue = pixel[2];
  switch (order) {
    case ColorOrder::Rgb:
      break;
    case ColorOrder::Bgr:
      return {static_cast<float>(blue), static_cast<float>(green), static_cast<float>(red)};
    case ColorOrder::Gray: {
      // In thousandths, so that the luma of a grey pixel is exactly its value.
      const float luma = static_cast<float>(299 * red + 587 * green + 114 * blue) / 1000.0f;
      return {luma, luma, luma};
    }
  }
  return {static_cast<float>(red), static_cast<float>(green), static_cast<float>(blue)};
}

float mixed(float first, float second, float share) { return first + (second - first) * share; }

/// One value a channel, from a list of one or `channels`.
Color per_channel(const std::vector<float>& values, int channels, const char* name) {
  if (values.size() != 1 && values.size() != static_cast<size_t>(channels)) {
    invalid_config("Preprocessing's '" + std::string(name) + "' has " + std::to_string(values.size()) +
                   " values; the input has " + std::to_string(channels) + " channels.");
  }
  Color result{};
  for (size_t c = 0; c < result.size(); ++c) result[c] = values[std::min(c, values.size() - 1)];
  return result;
}

}  // namespace

Preprocessing preprocessing_from_json(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) invalid_config("Preprocessing must be a JSON object.");
  Preprocessing result;
  for (const auto& [name, value] : document.items()) {
    if (name == "mean") {
      result.mean = numbers(value, name);
    } else if (name == "std") {
      result.std = numbers(value, name);
    } else if (name == "resize") {
      result.resize = static_cast<ResizeMethod>(choice(value, name, std::array{"bilinear", "nearest"}));
    } else if (name == "keepAspect") {
      if (!value.is_boolean()) invalid_config("Preprocessing's 'keepAspect' must be true or false.");
      result.keep_aspect = value.get<bool>();
    } else if (name == "color") {
      result.color = static_cast<ColorOrder>(choice(value, name, std::array{"RGB", "BGR", "GRAY"}));
    } else if (name == "layout") {
      result.layout = static_cast<Layout>(choice(value, name, std::array{"NHWC", "NCHW"}));
    } else {
      invalid_config("Preprocessing has no field '" + name + "'.",
                     "Its fields are mean, std, resize, keepAspect, color and layout.");
    }
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(result.mean.begin(), result.mean.end(), finite)) {
    invalid_config("Preprocessing's 'mean' is not finite.");
  }
  if (!std::all_of(result.std.begin(), result.std.end(),
                   [&](float value) { return finite(value) && value > 0; })) {
    invalid_config("Preprocessing's 'std' must be above zero.");
  }
  return result;
}

void image_to_tensor(const Image& image, const Preprocessing& preprocessing, const Shape& shape,
                     std::span<float> tensor) {
  if (image.width < 1 || image.height < 1 ||
      image.rgba.size() != size_t{4} * static_cast<size_t>(image.width) * static_cast<size_t>(image.height)) {
    throw Error(ErrorCode::InvalidInput, "An image of " + std::to_string(image.width) + " x " +
                                             std::to_string(image.height) + " pixels came with " +
                                             std::to_string(image.rgba.size()) + " bytes.");
  }
  const Frame frame = frame_of(image, preprocessing, shape);
  const Color mean = per_channel(preprocessing.mean, frame.channels, "mean");
  const Color std = per_channel(preprocessing.std, frame.channels, "std");
  const ColorOrder order = frame.channels == 1 ? ColorOrder::Gray : preprocessing.color;
  const std::vector<Tap> rows = taps(image.height, frame.image_height, preprocessing.resize);
  const std::vector<Tap> columns = taps(image.width, frame.image_width, preprocessing.resize);

  const bool nhwc = preprocessing.layout == Layout::Nhwc;
  const size_t pixel_step = nhwc ? static_cast<size_t>(frame.channels) : 1;
  const size_t channel_step = nhwc ? 1 : static_cast<size_t>(frame.height) * static_cast<size_t>(frame.width);
  const auto put = [&](size_t pixel, const Color& color) {
    for (size_t c = 0; c < static_cast<size_t>(frame.channels); ++c) {
      tensor[pixel * pixel_step + c * channel_step] = (color[c] - mean[c]) / std[c];
    }
  };

  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      const size_t pixel = static_cast<size_t>(y) * static_cast<size_t>(frame.width) + static_cast<size_t>(x);
      const int image_y = y - frame.top;
      const int image_x = x - frame.left;
      if (image_y < 0 || image_y >= frame.image_height || image_x < 0 || image_x >= frame.image_width) {
        put(pixel, Color{});
        continue;
      }
      const Tap& row = rows[static_cast<size_t>(image_y)];
      const Tap& column = columns[static_cast<size_t>(image_x)];
      const Color top_left = color_at(image, order, row.first, column.first);
      // As it is where the image has the input's size; mixing would give the same.
      if (row.share == 0 && column.share == 0) {
        put(pixel, top_left);
        continue;
      }
      const Color top_right = color_at(image, order, row.first, column.second);
      const Color bottom_left = color_at(image, order, row.second, column.first);
      const Color bottom_right = color_at(image, order, row.second, column.second);
      Color color{};
      for (size_t c = 0; c < color.size(); ++c) {
        color[c] = mixed(mixed(top_left[c], top_right[c], column.share),
                         mixed(bottom_left[c], bottom_right[c], column.share), row.share);
      }
      put(pixel, color);
    }
  }
}

}  // namespace octet::transforms
