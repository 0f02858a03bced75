#include "transforms/preprocessing_transform.h"

#include <algorithm>
#include <utility>

#include "ir/error.h"
#include "ir/text.h"
#include "json/value.h"

namespace octet::transforms {
namespace {

using Json = json::Value;

Json transform(const char* name) {
  Json json;
  json["transform"] = name;
  return json;
}

/// A row a channel, or one for all.
Json normalization(const std::vector<float>& mean, const std::vector<float>& std) {
  Json rows = Json::array();
  for (size_t c = 0; c < std::max(mean.size(), std.size()); ++c) {
    Json row = Json::array();
    row.push_back(1);
    row.push_back(mean[std::min(c, mean.size() - 1)]);
    row.push_back(std[std::min(c, std.size() - 1)]);
    rows.push_back(std::move(row));
  }
  Json json = transform("normalization");
  json["channelParams"] = std::move(rows);
  return json;
}

/// What makes floats in the colours of the input of decoded pixels.
void add_colors(Json& list, ColorOrder order, const Shape& image, int32_t channels) {
  if (image.channels() == 4) {
    Json opaque = transform("slice");
    opaque["begin"] = Json::Array{0, 0, 0, 0};
    opaque["end"] = Json::Array{1, image.height(), image.width(), 3};
    list.push_back(std::move(opaque));
  }
  if (order == ColorOrder::Gray || channels == 1) {
    Json gray = transform("grayscale");
    gray["channels"] = channels;
    list.push_back(std::move(gray));
    return;
  }
  list.push_back(normalization({0}, {1}));
  if (order == ColorOrder::Bgr) {
    Json swap = transform("bgrRgbConversion");
    swap["conversion"] = "RGB2BGR";
    list.push_back(std::move(swap));
  }
}

Json resize(const Preprocessing& preprocessing, int32_t height, int32_t width) {
  Json json = transform("resize");
  json["targetHeight"] = height;
  json["targetWidth"] = width;
  json["method"] = kResizeMethodNames[static_cast<size_t>(preprocessing.resize)];
  json["keepAspect"] = preprocessing.keep_aspect;
  constexpr std::array<const char*, 3> kDeposits = {"topLeft", "center", "bottomRight"};
  json["depositLocation"] = kDeposits[static_cast<size_t>(preprocessing.deposit)];
  return json;
}

}  // namespace

std::string preprocessing_transform(const Preprocessing& preprocessing, const Shape& image,
                                    const Tensor& input) {
  if (image.rank() != 4 || image.batch() != 1 || (image.channels() != 3 && image.channels() != 4)) {
    throw Error(ErrorCode::InvalidInput, text({"An image cannot have the shape ", to_string(image), "."}), {},
                "It is [1, height, width, 3], or 4 with alpha.");
  }
  const bool nchw = preprocessing.layout == Layout::Nchw;
  const Shape shape = with_channels(input.shape, preprocessing.layout);
  const int32_t channels = shape.rank() == 4 ? shape[nchw ? 1 : 3] : 0;
  const bool int8 = input.dtype == DType::Int8 && input.quantization.has_value();
  if (shape.rank() != 4 || shape[0] != 1 || (channels != 1 && channels != 3) ||
      (input.dtype != DType::Float32 && !int8)) {
    throw Error(ErrorCode::InvalidInput,
                text({"An image cannot become ", to_string(input.dtype), " ", to_string(input.shape), "."}),
                {.input = input.name}, no_image_hint(input.shape));
  }
  Json list = Json::array();
  add_colors(list, preprocessing.color, image, channels);
  const int32_t height = shape[nchw ? 2 : 1];
  const int32_t width = shape[nchw ? 3 : 2];
  if (image.height() != height || image.width() != width)
    list.push_back(resize(preprocessing, height, width));
  list.push_back(normalization(preprocessing.mean, preprocessing.std));
  if (nchw) {
    Json layout = transform("layout");
    layout["srcLayout"] = "NHWC";
    layout["dstLayout"] = "NCHW";
    list.push_back(std::move(layout));
  }
  if (shape.rank() != input.shape.rank()) {
    Json reshape = transform("reshape");
    reshape["newshape"] = input.shape.dims();
    list.push_back(std::move(reshape));
  }
  if (int8) {
    Json quantization = transform("quantization");
    quantization["channelParams"] =
        Json::Array{Json::Array{input.quantization->scale[0], input.quantization->zero_point[0]}};
    list.push_back(std::move(quantization));
  }
  Json whole = transform("compose");
  whole["transforms"] = std::move(list);
  return to_string(whole);
}

}  // namespace octet::transforms
