// ARG_MAX: the index of the largest element along an axis, the first where there are several.
#include <string>

#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const ArgMax& arg_max = node.attributes<ArgMax>();
  expect_axis(node, arg_max.axis, input.shape.rank());
  if (arg_max.output != DType::Int32 && arg_max.output != DType::Int64) {
    node.fail("its output type " + std::string(to_string(arg_max.output)) + " is neither int32 nor int64.");
  }
  std::vector<int64_t> dims = extents(input.shape);
  dims.erase(dims.begin() + arg_max.axis);
  return {{arg_max.output, output_shape(node, dims)}};
}

/// The input as [outer, count, inner], searched along `count`.
template <class T, class Index>
class ArgMaxKernel final : public Kernel {
 public:
  ArgMaxKernel(const Shape& shape, int axis)
      : outer_(shape.elements(0, axis)),
        count_(shape[axis]),
        inner_(shape.elements(axis + 1, shape.rank())) {}

  void run(const KernelArguments& arguments) const override {
    const T* input = arguments.input<T>(0);
    Index* output = arguments.output<Index>();
    for (int64_t block = 0; block < outer_; ++block, input += count_ * inner_) {
      for (int64_t i = 0; i < inner_; ++i) *output++ = largest(input + i);
    }
  }

 private:
  Index largest(const T* elements) const {
    int64_t best = 0;
    for (int64_t k = 1; k < count_; ++k) {
      if (elements[k * inner_] > elements[best * inner_]) best = k;
    }
    return static_cast<Index>(best);
  }

  int64_t outer_;
  int64_t count_;
  int64_t inner_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const ArgMax& arg_max = node.attributes<ArgMax>();
  const Shape& shape = node.input(0).shape;
  if (arg_max.output == DType::Int32) return std::make_unique<ArgMaxKernel<T, int32_t>>(shape, arg_max.axis);
  return std::make_unique<ArgMaxKernel<T, int64_t>>(shape, arg_max.axis);
}

const Constraint kMla[] = {
    kFourDimensionalInput,
    {"it searches the channels",
     [](const ConstraintView& view) {
       return view.node.attributes<ArgMax>().axis == view.node.input(0).shape.rank() - 1;
     },
     [](const ConstraintView& view) {
       return filled("it searches axis #", {view.node.attributes<ArgMax>().axis});
     }},
};

}  // namespace

extern const Operator arg_max = {
    .kind = OpKind::ArgMax,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .i8 = prepare<int8_t>, .i16 = prepare<int16_t>},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true},
    .cvu = true,
    .short_name = "Argmax",
    .elements = Elements::Computed,
    .axes = AxisRule::Along,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
