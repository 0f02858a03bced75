// COLOR_CONVERSION: between YUV in the limited range and RGB by a matrix, between RGB and BGR by a swap.
#include <string>

#include "kernels/imaging/color.h"
#include "ops/imaging/image_checks.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  node.attributes<ColorConversion>();  // Any choice fits; attributes of another operator do not.
  expect_pixels(node);
  if (input.shape.rank() == 0 || input.shape[-1] != 3) {
    node.fail("input '" + input.name + "' has shape " + to_string(input.shape) +
              "; three channels are expected in its last dimension.");
  }
  return {{input.dtype, input.shape}};
}

size_t pixels_of(const NodeView& node) { return static_cast<size_t>(node.output().shape.elements() / 3); }

template <class T>
class MatrixKernel final : public Kernel {
 public:
  explicit MatrixKernel(const NodeView& node) : pixels_(pixels_of(node)) {
    const ColorConversion& attributes = node.attributes<ColorConversion>();
    matrix_ = kernels::color_matrix(attributes.conversion, attributes.standard);
  }
  void run(const KernelArguments& arguments) const override {
    kernels::convert_colors(matrix_, arguments.input<T>(0), arguments.output<T>(), pixels_);
  }

 private:
  size_t pixels_;
  kernels::ColorMatrix matrix_;
};

template <class T>
class SwapKernel final : public Kernel {
 public:
  explicit SwapKernel(const NodeView& node) : pixels_(pixels_of(node)) {}
  void run(const KernelArguments& arguments) const override {
    const T* in = arguments.input<T>(0);
    T* out = arguments.output<T>();
    for (size_t i = 0; i < pixels_; ++i, in += 3, out += 3) {
      const T pixel[] = {in[2], in[1], in[0]};
      out[0] = pixel[0];
      out[1] = pixel[1];
      out[2] = pixel[2];
    }
  }

 private:
  size_t pixels_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const ColorChange conversion = node.attributes<ColorConversion>().conversion;
  if (conversion == ColorChange::BgrToRgb || conversion == ColorChange::RgbToBgr)
    return std::make_unique<SwapKernel<T>>(node);
  return std::make_unique<MatrixKernel<T>>(node);
}

}  // namespace

extern const Operator color_conversion = {
    .kind = OpKind::ColorConversion,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .plain = prepare<uint8_t>},
    .quantization = kOfPictures,
    .cvu = true,
    .in_place = true,
    .short_name = "Color conversion",
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
