#include "transforms/image.h"

#include <algorithm>
#include <array>
#include <string>

#include "ir/error.h"
#include "kernels/arithmetic/convert.h"
#include "kernels/imaging/color.h"
#include "kernels/imaging/opencv_resize.h"

namespace octet::transforms {
namespace {

/// The tensor's extents, and where the image lies in it.
struct Frame {
  Spatial extent;
  int channels;
  kernels::PlacedPicture placed;
};

Frame frame_of(const Image& image, const Preprocessing& preprocessing, const Shape& input) {
  const Shape shape = with_channels(input, preprocessing.layout);
  const bool nhwc = preprocessing.layout == Layout::Nhwc;
  const int channels = shape.rank() == 4 ? (nhwc ? shape[3] : shape[1]) : 0;
  if (shape.rank() != 4 || shape[0] != 1 || (channels != 1 && channels != 3)) {
    throw Error(ErrorCode::InvalidInput, "An image cannot become a tensor of shape " + to_string(input) + ".",
                {}, no_image_hint(input));
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
    throw Error(ErrorCode::InvalidConfig, "Preprocessing's '" + std::string(name) + "' has " +
                                              std::to_string(values.size()) + " values; the input has " +
                                              std::to_string(channels) + " channels.");
  }
  Color result{};
  for (size_t c = 0; c < result.size(); ++c) result[c] = values[std::min(c, values.size() - 1)];
  return result;
}

bool has_alpha(const Preprocessing& preprocessing, const Shape& shape) {
  return shape.rank() == 4 && shape[3] == 4 && preprocessing.layout == Layout::Nhwc;
}

Shape without_alpha(const Preprocessing& preprocessing, const Shape& shape) {
  return has_alpha(preprocessing, shape) ? Shape{shape[0], shape[1], shape[2], 3} : shape;
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
    if (order_ != ColorOrder::Gray) {
      kernels::widen_rgba(pixel, row, width, order_ == ColorOrder::Bgr);
      return;
    }
    for (size_t x = 0; x < width; ++x, pixel += 4, row += channels()) {
      // In thousandths, so that the luma of a grey pixel is exactly its value.
      const int thousandths = 299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2];
      std::fill(row, row + channels(), static_cast<float>(thousandths) / 1000.0f);
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

calibrate::ImageOrigin image_origin(const Image& image, const Preprocessing& preprocessing,
                                    const Shape& shape) {
  const Frame frame = frame_of(image, preprocessing, without_alpha(preprocessing, shape));
  calibrate::ImageOrigin origin;
  if (!preprocessing.keep_aspect) {
    const float across = static_cast<float>(frame.extent.width) / static_cast<float>(image.width);
    const float down = static_cast<float>(frame.extent.height) / static_cast<float>(image.height);
    origin.stretch = std::max(across / down, down / across);
  }
  for (size_t i = 0; frame.channels == 1 && i + 4 <= image.rgba.size() && !origin.lost_color; i += 4)
    origin.lost_color = image.rgba[i] != image.rgba[i + 1] || image.rgba[i] != image.rgba[i + 2];
  return origin;
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

void image_to_bytes(const Image& image, const Preprocessing& preprocessing, const Shape& shape,
                    std::span<uint8_t> tensor) {
  const Shape colors = without_alpha(preprocessing, shape);
  std::vector<float> reals(static_cast<size_t>(colors.elements()));
  image_to_tensor(image, preprocessing, colors, reals);
  if (!has_alpha(preprocessing, shape)) {
    kernels::round_to_uint8(reals.data(), tensor.data(), reals.size());
    return;
  }
  std::vector<uint8_t> rgb(reals.size());
  kernels::round_to_uint8(reals.data(), rgb.data(), rgb.size());
  for (size_t pixel = 0; 3 * pixel < rgb.size(); ++pixel) {
    std::copy_n(&rgb[3 * pixel], 3, &tensor[4 * pixel]);
    tensor[4 * pixel + 3] = 255;
  }
}

}  // namespace octet::transforms
