// IMAGE_RESIZE: a picture to another size, as pre-processing does it (OpenCV's methods). uint8 is rounded to
// nearest, halves to even; floats are not limited.
#include <cstring>
#include <string>
#include <type_traits>

#include "kernels/arithmetic/convert.h"
#include "kernels/imaging/opencv_resize.h"
#include "ops/imaging/image_checks.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  expect_picture(node);
  const Tensor& input = node.input(0);
  const Spatial output = node.attributes<ImageResize>().output;
  return {{input.dtype,
           output_shape(node, std::vector<int64_t>{1, output.height, output.width, input.shape.channels()})}};
}

Spatial extent_of(const Shape& shape) { return {shape.height(), shape.width()}; }

/// The picture of `In` before and after.
template <class T>
class Rows final : public kernels::PictureRows {
 public:
  Rows(const T* source, size_t source_row, T* target, size_t target_row, size_t placed_row)
      : source_(source),
        source_row_(source_row),
        target_(target),
        target_row_(target_row),
        placed_row_(placed_row) {}

  void read(int32_t y, float* row) const override {
    const T* from = source_ + static_cast<size_t>(y) * source_row_;
    if constexpr (std::is_same_v<T, float>) {
      std::memcpy(row, from, source_row_ * sizeof(float));
    } else {
      kernels::widen_uint8(from, row, source_row_);
    }
  }
  void write(int32_t y, const float* row) const override {
    T* to = target_ + static_cast<size_t>(y) * target_row_;
    if constexpr (std::is_same_v<T, float>) {
      std::memcpy(to, row, placed_row_ * sizeof(float));
    } else {
      kernels::round_to_uint8(row, to, placed_row_);
    }
  }

 private:
  const T* source_;
  size_t source_row_;
  T* target_;  ///< The first pixel of the placed picture.
  size_t target_row_;
  size_t placed_row_;
};

template <class T>
class ResizeKernel final : public Kernel {
 public:
  explicit ResizeKernel(const NodeView& node)
      : input_(node.input(0).shape),
        output_(node.output().shape),
        placed_(kernels::placed_picture(extent_of(input_), node.attributes<ImageResize>())),
        resizer_(extent_of(input_), placed_.extent, input_.channels(),
                 node.attributes<ImageResize>().method) {}

  uint64_t scratch_bytes() const override { return uint64_t{resizer_.scratch_floats()} * sizeof(float); }

  void run(const KernelArguments& arguments) const override {
    T* output = arguments.output<T>();
    if (placed_.extent != extent_of(output_))
      std::memset(output, 0, static_cast<size_t>(output_.elements()) * sizeof(T));
    const auto row_of = [&](int32_t width) {
      return static_cast<size_t>(width) * static_cast<size_t>(input_.channels());
    };
    const size_t target_row = row_of(output_.width());
    T* first = output + static_cast<size_t>(placed_.top) * target_row + row_of(placed_.left);
    resizer_(Rows<T>(arguments.input<T>(0), row_of(input_.width()), first, target_row,
                     row_of(placed_.extent.width)),
             reinterpret_cast<float*>(arguments.scratch));
  }

 private:
  Shape input_;
  Shape output_;
  kernels::PlacedPicture placed_;
  kernels::PictureResizer resizer_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<ResizeKernel<T>>(node);
}

}  // namespace

extern const Operator image_resize = {
    .kind = OpKind::ImageResize,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .plain = prepare<uint8_t>},
    .quantization = kOfPictures,
    .cvu = true,
    .short_name = "Image resize",
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
