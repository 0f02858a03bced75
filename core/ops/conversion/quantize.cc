// QUANTIZE: float or BF16 to INT8 or INT16, float to BF16, or integers to others of another type, scale and
// zero point. The output's declared type tells which.
#include <algorithm>
#include <iterator>
#include <type_traits>

#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  constexpr DType kReadable[] = {DType::Float32, DType::Int8, DType::Int16, DType::BFloat16};
  if (std::find(std::begin(kReadable), std::end(kReadable), input.dtype) == std::end(kReadable)) {
    node.fail("it cannot quantize " + std::string(to_string(input.dtype)) + " tensors.");
  }
  const DType declared = node.output().dtype;
  const bool to_bfloat16 = input.dtype == DType::Float32 && declared == DType::BFloat16;
  return {{to_bfloat16 || declared == DType::Int16 ? declared : DType::Int8, input.shape}};
}

template <class T>
class QuantizeKernel final : public Kernel {
 public:
  explicit QuantizeKernel(const NodeView& node)
      : count_(static_cast<size_t>(node.output().shape.elements())), output_(per_tensor(node.output())) {}
  void run(const KernelArguments& arguments) const override {
    kernels::quantize(arguments.input<float>(0), arguments.output<T>(), count_, output_.scale,
                      output_.zero_point);
  }

 private:
  size_t count_;
  ScaleAndZero output_;
};

template <class In, class Out>
kernels::FunctionTable<In, Out> requantizing_table(const NodeView& node) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const double factor = static_cast<double>(input.scale) / output.scale;
  if (node.node().requantization == RequantizationMode::Tflite) {
    const LinearPiece rescaled = {kernels::fixed_point_multiplier(factor), input.zero_point,
                                  output.zero_point};
    return kernels::tabulate<In, Out>([&](int32_t q) { return kernels::clamp_to<Out>(rescaled(q)); });
  }
  const double factors[] = {factor};
  const auto affine = kernels::affine_multipliers(factors, 31);
  return kernels::tabulate<In, Out>([&](int32_t q) {
    const int64_t product = int64_t{affine.multipliers[0]} * (q - input.zero_point);
    return kernels::clamp_to<Out>(kernels::rounding_shift_right(product, affine.shift) + output.zero_point);
  });
}

template <class In, class Out>
std::unique_ptr<Kernel> prepare_integers(const NodeView& node) {
  // Equal parameters of one type are a pure move in either mode.
  const bool same =
      std::is_same_v<In, Out> && quantization_of(node.input(0)) == quantization_of(node.output());
  return table_unary(node,
                     same ? kernels::tabulate<In, Out>([](int32_t q) { return kernels::clamp_to<Out>(q); })
                          : requantizing_table<In, Out>(node));
}

template <class Out>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  switch (node.input(0).dtype) {
    case DType::Int8:
      return prepare_integers<int8_t, Out>(node);
    case DType::Int16:
      return prepare_integers<int16_t, Out>(node);
    default:
      return std::make_unique<QuantizeKernel<Out>>(node);
  }
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return node.output().dtype == DType::Int16 ? prepare<int16_t>(node) : prepare<int8_t>(node);
}

}  // namespace

extern const Operator quantize;
const Operator quantize = {
    .kind = OpKind::Quantize,
    .infer = infer,
    .kernels = {.i8 = prepare<int8_t>, .i16 = prepare_int16},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .cvu = true,
    .short_name = "Quantize",
    .elements = Elements::Stepped,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = between_parameters,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
