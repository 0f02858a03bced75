// Transforms of images, [batch, height, width, channels]: what a camera's or decoder's pixels need before a
// network, and detections behind one.
#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "transforms/transform_table.h"

namespace octet::transforms {
namespace {

using Operands = std::span<const TensorId>;
using Results = std::vector<TensorId>;

constexpr std::array<std::string_view, 4> kResizeMethods = {"linear", "nearest", "area", "cubic"};
constexpr std::array<std::string_view, 3> kDeposits = {"topLeft", "center", "bottomRight"};
constexpr std::array<std::string_view, 3> kSamplings = {"NV12", "YUV420", "YUV422"};
constexpr std::array<std::string_view, 4> kConversions = {"YUV2RGB", "RGB2YUV", "BGR2RGB", "RGB2BGR"};
constexpr std::array<std::string_view, 3> kStandards = {"BT601", "BT709", "BT2020"};

/// The shape of an image; fails where the operand is none.
const Shape& image_shape(const Network& network, TensorId operand, const Fields& fields) {
  const Tensor& image = network.tensor(operand);
  if (image.shape.rank() != 4) {
    fields.fail({"'", image.name, "' of shape ", to_string(image.shape), " is no image."},
                "It takes [batch, height, width, channels].");
  }
  return image.shape;
}

Results crop(Network& network, Fields& fields, Operands operands) {
  const auto corners = fields.rows("boundingBox", 2);
  const Shape& shape = image_shape(network, operands[0], fields);
  if (corners.size() != 2) fields.fail({"'boundingBox' needs two corners, [x0, y0] and [x1, y1]."});
  const auto inside = [&](size_t axis, int32_t extent) {
    const double first = corners[0][axis];
    const double past = corners[1][axis];
    return first >= 0 && first < past && past <= extent && first == static_cast<int32_t>(first) &&
           past == static_cast<int32_t>(past);
  };
  if (!inside(0, shape.width()) || !inside(1, shape.height())) {
    fields.fail({"'boundingBox' is not within the image, which is ", std::to_string(shape.width()), " x ",
                 std::to_string(shape.height()), "."},
                "The second corner is past the last pixel.");
  }
  const auto at = [&](size_t corner, size_t axis) { return static_cast<int32_t>(corners[corner][axis]); };
  return {
      network.add(OpKind::Slice,
                  Slice{.begin = {0, at(0, 1), at(0, 0), 0},
                        .size = {shape.batch(), at(1, 1) - at(0, 1), at(1, 0) - at(0, 0), shape.channels()}},
                  {operands[0]})};
}

Results resize(Network& network, Fields& fields, Operands operands) {
  image_shape(network, operands[0], fields);
  const ImageResize resize = {
      .output = {fields.integer("targetHeight"), fields.integer("targetWidth")},
      .method = static_cast<ResizeMethod>(fields.choice("method", kResizeMethods, 0)),
      .keep_aspect = fields.boolean("keepAspect", false),
      .deposit = static_cast<Deposit>(fields.choice("depositLocation", kDeposits, 1))};
  return {network.add(OpKind::ImageResize, resize, {operands[0]})};
}

Results chroma_upsample(Network& network, Fields& fields, Operands operands) {
  const ChromaUpsample upsample = {
      .frame = {fields.integer("frameHeight"), fields.integer("frameWidth")},
      .sampling = static_cast<ChromaSampling>(fields.choice("yuvSampling", kSamplings))};
  return {network.add(OpKind::ChromaUpsample, upsample, {operands[0]})};
}

Results yuv_rgb(Network& network, Fields& fields, Operands operands) {
  const ColorConversion conversion = {
      .conversion = static_cast<ColorChange>(fields.choice("conversion", std::span(kConversions).first(2))),
      .standard = static_cast<ColorStandard>(fields.choice("std", kStandards))};
  return {network.add(OpKind::ColorConversion, conversion, {operands[0]})};
}

Results bgr_rgb(Network& network, Fields& fields, Operands operands) {
  const size_t conversion = 2 + fields.choice("conversion", std::span(kConversions).last(2));
  return {network.add(OpKind::ColorConversion,
                      ColorConversion{.conversion = static_cast<ColorChange>(conversion)}, {operands[0]})};
}

TensorId add_normalize(Network& network, TensorId operand, const std::vector<std::vector<double>>& rows) {
  Normalize normalize = {.divisor = {}, .mean = {}, .std = {}};
  for (const std::vector<double>& row : rows) {
    normalize.divisor.push_back(static_cast<float>(row[0]));
    normalize.mean.push_back(static_cast<float>(row[1]));
    normalize.std.push_back(static_cast<float>(row[2]));
  }
  return network.add(OpKind::Normalize, std::move(normalize), {operand});
}

Results normalization(Network& network, Fields& fields, Operands operands) {
  return {add_normalize(network, operands[0], fields.rows("channelParams", 3))};
}

/// Luma in thousandths is a whole number, so that a float holds it exactly, in whatever order it is summed.
Results grayscale(Network& network, Fields& fields, Operands operands) {
  const int32_t channels = fields.integer("channels", 1);
  if (image_shape(network, operands[0], fields).channels() != 3 || (channels != 1 && channels != 3))
    fields.fail({"it makes 1 or 3 'channels' of RGB."});
  std::vector<float> weights;
  for (int32_t c = 0; c < channels; ++c) weights.insert(weights.end(), {299, 587, 114});
  const TensorId pixels = add_normalize(network, operands[0], {{1, 0, 1}});
  const TensorId filter = network.constant({channels, 1, 1, 3}, weights);
  const TensorId thousandths = network.add(OpKind::Conv2d, Conv2d{}, {pixels, filter});
  return {add_normalize(network, thousandths, {{1000, 0, 1}})};
}

Tessellate tiles_of(Fields& fields) {
  const std::vector<int32_t> slice = fields.integers("sliceShape");
  if (slice.size() != 3) fields.fail({"'sliceShape' needs a height, a width and channels."});
  return {.slice = {slice[0], slice[1], slice[2]},
          .align_c16 = fields.boolean("alignC16", false),
          .cblock = fields.boolean("cblock", false)};
}

Results tessellation(Network& network, Fields& fields, Operands operands) {
  return {network.add(OpKind::Tessellate, tiles_of(fields), {operands[0]})};
}

Results detessellation(Network& network, Fields& fields, Operands operands) {
  const Detessellate whole = {.tiles = tiles_of(fields), .frame = fields.type("frameType")};
  return {network.add(OpKind::Detessellate, whole, {operands[0]})};
}

Results pack(Network& network, Fields& /*fields*/, Operands operands) {
  return {network.add(OpKind::PackBytes, NoAttributes{}, {operands.begin(), operands.end()})};
}

Results unpack(Network& network, Fields& fields, Operands operands) {
  UnpackBytes unpack = {.tensors = fields.types("tensorTypes")};
  const size_t count = unpack.tensors.size();
  return network.add_many(OpKind::UnpackBytes, std::move(unpack), {operands[0]}, count);
}

Results nms_maxpool(Network& network, Fields& fields, Operands operands) {
  return {network.add(OpKind::NmsMaxPool, NmsMaxPool{.kernel = fields.integer("kernel")}, {operands[0]})};
}

constexpr TransformRow kRows[] = {
    {"crop", crop},
    {"resize", resize},
    {"chromaUpsample", chroma_upsample},
    {"yuvRgbConversion", yuv_rgb},
    {"bgrRgbConversion", bgr_rgb},
    {"grayscale", grayscale},
    {"normalization", normalization},
    {"tessellation", tessellation},
    {"detessellation", detessellation},
    {"pack", pack, kAllInputs},
    {"unpack", unpack},
    {"nmsMaxpool", nms_maxpool},
};

}  // namespace

std::span<const TransformRow> image_transforms() { return kRows; }

}  // namespace octet::transforms
