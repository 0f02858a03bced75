// DEQUANTIZE: INT8 or INT16 to float or BF16 by scale and zero point, or float16 or BF16 to float. The
// output's declared type tells which.
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const bool from_integer = input.dtype == DType::Int8 || input.dtype == DType::Int16;
  if (!from_integer && input.dtype != DType::Float16 && input.dtype != DType::BFloat16) {
    node.fail("it cannot dequantize " + std::string(to_string(input.dtype)) + " tensors.");
  }
  const bool to_bfloat16 = from_integer && node.output().dtype == DType::BFloat16;
  return {{to_bfloat16 ? DType::BFloat16 : DType::Float32, input.shape}};
}

template <class T>
class DequantizeKernel final : public Kernel {
 public:
  explicit DequantizeKernel(const NodeView& node)
      : count_(static_cast<size_t>(node.output().shape.elements())), input_(per_tensor(node.input(0))) {}
  void run(const KernelArguments& arguments) const override {
    kernels::dequantize(arguments.input<T>(0), arguments.output<float>(), count_, input_.scale,
                        input_.zero_point);
  }

 private:
  size_t count_;
  ScaleAndZero input_;
};

class WidenHalvesKernel final : public Kernel {
 public:
  explicit WidenHalvesKernel(const NodeView& node)
      : count_(static_cast<size_t>(node.output().shape.elements())) {}
  void run(const KernelArguments& arguments) const override {
    kernels::widen_halves(arguments.input<uint16_t>(0), arguments.output<float>(), count_);
  }

 private:
  size_t count_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<DequantizeKernel<T>>(node);
}

}  // namespace

extern const Operator dequantize;
const Operator dequantize = {
    .kind = OpKind::Dequantize,
    .infer = infer,
    .kernels = {.f32 = [](const NodeView& node) -> std::unique_ptr<Kernel> {
                  return std::make_unique<WidenHalvesKernel>(node);
                },
                .i8 = prepare<int8_t>,
                .i16 = prepare<int16_t>},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .cvu = true,
    .short_name = "Dequantize",
    .elements = Elements::Stepped,
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
