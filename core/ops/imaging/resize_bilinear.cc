// RESIZE_BILINEAR: each output pixel interpolates the four around its position. Integers keep their
// parameters.
#include "kernels/imaging/tflite_resize.h"
#include "ops/imaging/resize_operators.h"

namespace octet::ops {
namespace {

template <class T>
class ResizeKernel final : public Kernel {
 public:
  explicit ResizeKernel(const NodeView& node) : resize_(node.input(0).shape, node.attributes<Resize>()) {}

  void run(const KernelArguments& arguments) const override {
    resize_(arguments.input<T>(0), arguments.output<T>());
  }

 private:
  kernels::ResizeBilinear resize_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<ResizeKernel<T>>(node);
}

const Constraint kMla[] = {
    kFourDimensional,
    {"it places pixels by their centers (half_pixel_centers)",
     [](const ConstraintView& view) { return view.node.attributes<Resize>().half_pixel_centers; },
     [](const ConstraintView& view) {
       const bool aligns = view.node.attributes<Resize>().align_corners;
       return filled(aligns ? "it aligns those at the corners" : "it places them by their corners");
     }},
};

}  // namespace

extern const Operator resize_bilinear = {
    .kind = OpKind::ResizeBilinear,
    .infer = infer_resized,
    .kernels = {.f32 = prepare<float>, .i8 = prepare<int8_t>, .i16 = prepare<int16_t>},
    .quantization = {.output = OutputQuantization::SameAsInput},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .cvu = true,
    .short_name = "Resize bilinear",
    .elements = Elements::Computed,
    .axes = AxisRule::Image,
    .derivative = Derivative::Separable,
    .passes_channel_factors = always,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
