#include "transforms/image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "ir/error.h"
#include "kernels/image_resize.h"

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

/// The tensor's extents, and where the image lies in it.
struct Frame {
  Spatial extent;
  int channels;
  kernels::PlacedPicture placed;
};

Frame frame_of(const Image& image, const Preprocessing& preprocessing, const Shape& shape) {
  const bool nhwc = preprocessing.layout == Layout::Nhwc;
  const int channels = shape.rank() == 4 ? (nhwc ? shape[3] : shape[1]) : 0;
  if (shape.rank() != 4 || shape[0] != 1 || (channels != 1 && channels != 3)) {
    throw Error(ErrorCode::InvalidInput, "An image cannot become a tensor of shape " + to_string(shape) + ".",
                {}, "The input must hold one image of 1 or 3 channels; check the layout, NHWC or NCHW.");
  }
  Frame frame{.extent = nhwc ? Spatial{shape[1], shape[2]} : Spatial{shape[2], shape[3]},
              .channels = channels,
              .placed = {}};
  frame.placed =
      kernels::placed_picture({image.height, image.width}, {.output = frame.extent,
                                                            .method = preprocessing.resize,
                                                            .keep_aspect = preprocessing.keep_aspect,
                                                            .deposit = preprocessing.deposit});
  return frame;
}

using Color = std::array<float, 3>;

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

/// Decoded pixels as rows of the tensor's colours, and rows of the resized picture into the tensor.
class TensorRows final : public kernels::PictureRows {
 public:
  TensorRows(const Image& image, const Preprocessing& preprocessing, const Frame& frame, float* tensor)
      : image_(image),
        order_(frame.channels == 1 ? ColorOrder::Gray : preprocessing.color),
        frame_(frame),
        mean_(per_channel(preprocessing.mean, frame.channels, "mean")),
        std_(per_channel(preprocessing.std, frame.channels, "std")),
        tensor_(tensor) {
    const bool nhwc = preprocessing.layout == Layout::Nhwc;
    pixel_step_ = nhwc ? channels() : 1;
    channel_step_ =
        nhwc ? 1 : static_cast<size_t>(frame.extent.height) * static_cast<size_t>(frame.extent.width);
  }

  void read(int32_t y, float* row) const override {
    const size_t width = static_cast<size_t>(image_.width);
    const uint8_t* pixel = &image_.rgba[4 * static_cast<size_t>(y) * width];
    for (size_t x = 0; x < width; ++x, pixel += 4, row += channels()) {
      if (order_ == ColorOrder::Gray) {
        // In thousandths, so that the luma of a grey pixel is exactly its value.
        std::fill(row, row + channels(),
                  static_cast<float>(299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) / 1000.0f);
      } else {
        row[order_ == ColorOrder::Rgb ? 0 : 2] = pixel[0];
        row[1] = pixel[1];
        row[order_ == ColorOrder::Rgb ? 2 : 0] = pixel[2];
      }
    }
  }

  void write(int32_t y, const float* row) const override {
    const kernels::PlacedPicture& placed = frame_.placed;
    float* to = at(placed.top + y, placed.left);
    for (int32_t x = 0; x < placed.extent.width; ++x, to += pixel_step_) {
      for (size_t c = 0; c < channels(); ++c) to[c * channel_step_] = (*row++ - mean_[c]) / std_[c];
    }
  }

  /// Black wherever the picture will not be.
  void fill() const {
    if (frame_.placed.extent == frame_.extent) return;
    for (int32_t y = 0; y < frame_.extent.height; ++y) {
      float* to = at(y, 0);
      for (int32_t x = 0; x < frame_.extent.width; ++x, to += pixel_step_) {
        for (size_t c = 0; c < channels(); ++c) to[c * channel_step_] = (0.0f - mean_[c]) / std_[c];
      }
    }
  }

 private:
  size_t channels() const { return static_cast<size_t>(frame_.channels); }
  float* at(int32_t y, int32_t x) const {
    const size_t pixel =
        static_cast<size_t>(y) * static_cast<size_t>(frame_.extent.width) + static_cast<size_t>(x);
    return tensor_ + pixel * pixel_step_;
  }

  Image image_;
  ColorOrder order_;
  Frame frame_;
  Color mean_;
  Color std_;
  float* tensor_;
  size_t pixel_step_ = 0;
  size_t channel_step_ = 0;
};

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
      result.resize =
          static_cast<ResizeMethod>(choice(value, name, std::array{"bilinear", "nearest", "area", "cubic"}));
    } else if (name == "keepAspect") {
      if (!value.is_boolean()) invalid_config("Preprocessing's 'keepAspect' must be true or false.");
      result.keep_aspect = value.get<bool>();
    } else if (name == "deposit") {
      result.deposit =
          static_cast<Deposit>(choice(value, name, std::array{"topLeft", "center", "bottomRight"}));
    } else if (name == "color") {
      result.color = static_cast<ColorOrder>(choice(value, name, std::array{"RGB", "BGR", "GRAY"}));
    } else if (name == "layout") {
      result.layout = static_cast<Layout>(choice(value, name, std::array{"NHWC", "NCHW"}));
    } else {
      invalid_config("Preprocessing has no field '" + name + "'.",
                     "Its fields are mean, std, resize, keepAspect, deposit, color and layout.");
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
  const TensorRows rows(image, preprocessing, frame, tensor.data());
  const kernels::PictureResizer resizer({image.height, image.width}, frame.placed.extent, frame.channels,
                                        preprocessing.resize);
  std::vector<float> scratch(resizer.scratch_floats());
  rows.fill();
  resizer(rows, scratch.data());
}

}  // namespace octet::transforms
