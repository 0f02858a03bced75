// CHROMA_UPSAMPLE: the planes of a video frame to one picture of three channels, Y, U and V, in which each
// chroma value is repeated. Odd frames have a last row or column of chroma that serves one of luma.
#include <cstring>
#include <string>

#include "ops/imaging/image_checks.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

/// Extents of the chroma planes; `frame` is positive.
Spatial chroma_of(const ChromaUpsample& attributes) {
  const auto half = [](int32_t extent) { return extent / 2 + extent % 2; };
  const bool halves_rows = attributes.sampling != ChromaSampling::Yuv422;
  return {halves_rows ? half(attributes.frame.height) : attributes.frame.height,
          half(attributes.frame.width)};
}

std::vector<TensorType> infer(const NodeView& node) {
  expect_pixels(node);
  const Tensor& input = node.input(0);
  const ChromaUpsample& attributes = node.attributes<ChromaUpsample>();
  const Shape output =
      output_shape(node, std::vector<int64_t>{1, attributes.frame.height, attributes.frame.width, 3});
  const Spatial chroma = chroma_of(attributes);
  const int64_t luma_elements = int64_t{output.height()} * output.width();
  const int64_t expected = luma_elements + 2 * int64_t{chroma.height} * chroma.width;
  if (input.shape.elements() != expected) {
    node.fail("input '" + input.name + "' has " + std::to_string(input.shape.elements()) +
              " elements; a frame of " + std::to_string(output.width()) + " x " +
              std::to_string(output.height()) + " in " +
              std::string(kChromaSamplingNames[static_cast<size_t>(attributes.sampling)]) + " has " +
              std::to_string(expected) + ".");
  }
  return {{input.dtype, output}};
}

template <class T>
class UpsampleKernel final : public Kernel {
 public:
  explicit UpsampleKernel(const NodeView& node)
      : attributes_(node.attributes<ChromaUpsample>()), chroma_(chroma_of(attributes_)) {}

  void run(const KernelArguments& arguments) const override {
    const size_t width = static_cast<size_t>(attributes_.frame.width);
    const size_t height = static_cast<size_t>(attributes_.frame.height);
    const size_t plane = static_cast<size_t>(chroma_.height) * static_cast<size_t>(chroma_.width);
    const bool interleaved = attributes_.sampling == ChromaSampling::Nv12;
    const size_t step = interleaved ? 2 : 1;  // Between neighbours of one chroma.
    const size_t rows_each = attributes_.sampling == ChromaSampling::Yuv422 ? 1 : 2;

    const T* luma = arguments.input<T>(0);
    const T* first_u = luma + width * height;
    const T* first_v = first_u + (interleaved ? 1 : plane);
    T* out = arguments.output<T>();
    for (size_t y = 0; y < height; ++y, luma += width) {
      const size_t row = y / rows_each * static_cast<size_t>(chroma_.width) * step;
      const T* u = first_u + row;
      const T* v = first_v + row;
      for (size_t x = 0; x < width; ++x, out += 3) {
        out[0] = luma[x];
        out[1] = u[x / 2 * step];
        out[2] = v[x / 2 * step];
      }
    }
  }

 private:
  ChromaUpsample attributes_;
  Spatial chroma_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<UpsampleKernel<T>>(node);
}

}  // namespace

extern const Operator chroma_upsample = {
    .kind = OpKind::ChromaUpsample,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .plain = prepare<uint8_t>},
    .quantization = kOfPictures,
    .cvu = true,
    .short_name = "Chroma upsample",
    .elements = Elements::Computed,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
