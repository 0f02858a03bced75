// QUANTIZE: float or BF16 to INT8, float to BF16, or INT8 to INT8 of another scale and zero point. The
// output's declared type tells which.
#include "ops/unary_table.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  if (input.dtype != DType::Float32 && input.dtype != DType::Int8 && input.dtype != DType::BFloat16) {
    node.fail("it cannot quantize " + std::string(to_string(input.dtype)) + " tensors.");
  }
  const bool to_bfloat16 = input.dtype == DType::Float32 && node.output().dtype == DType::BFloat16;
  return {{to_bfloat16 ? DType::BFloat16 : DType::Int8, input.shape}};
}

class QuantizeKernel final : public Kernel {
 public:
  explicit QuantizeKernel(const NodeView& node)
      : count_(static_cast<size_t>(node.output().shape.elements())), output_(per_tensor(node.output())) {}
  void run(const KernelArguments& arguments) const override {
    kernels::quantize(arguments.input<float>(0), arguments.output<int8_t>(), count_, output_.scale,
                      output_.zero_point);
  }

 private:
  size_t count_;
  ScaleAndZero output_;
};

kernels::LookupTable requantizing_table(const NodeView& node) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const double factor = static_cast<double>(input.scale) / output.scale;
  if (node.node().requantization == RequantizationMode::Tflite) {
    const LinearPiece rescaled = {kernels::fixed_point_multiplier(factor), input.zero_point,
                                  output.zero_point};
    return kernels::tabulate([&](int32_t q) { return kernels::clamp_to_int8(rescaled(q)); });
  }
  const double factors[] = {factor};
  const auto affine = kernels::affine_multipliers(factors, 31);
  return kernels::tabulate([&](int32_t q) {
    const int64_t product = int64_t{affine.multipliers[0]} * (q - input.zero_point);
    return kernels::clamp_to_int8(kernels::rounding_shift_right(product, affine.shift) + output.zero_point);
  });
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  if (node.input(0).dtype == DType::Float32) return std::make_unique<QuantizeKernel>(node);
  // Equal parameters are a pure move in either mode.
  const bool same = quantization_of(node.input(0)) == quantization_of(node.output());
  return table_unary(node, same ? kernels::tabulate([](int32_t q) { return static_cast<int8_t>(q); })
                                : requantizing_table(node));
}

}  // namespace

extern const Operator quantize;
const Operator quantize = {
    .kind = OpKind::Quantize,
    .infer = infer,
    .kernels = {.i8 = prepare},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true},
    .cvu = true,
};

}  // namespace octet::ops
