// CAST: the elements in another type, between float32, int32, int64 and truth values.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "ops/inference.h"

namespace octet::ops {
namespace {

/// A truth value: its type as an argument of templates.
enum class Bool : uint8_t { False, True };

bool is_castable(DType dtype) {
  return dtype == DType::Float32 || (is_plain(dtype) && dtype != DType::UInt8);
}

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const DType to = node.attributes<Cast>().to;
  if (!is_castable(input.dtype) || !is_castable(to)) {
    node.fail("it cannot cast " + std::string(to_string(input.dtype)) + " to " + std::string(to_string(to)) +
              ".");
  }
  return {{to, input.shape}};
}

/// Reals are cut off towards zero and end at the integers' limits, where NaN is 0; wider integers lose their
/// upper bits; everything but 0 is true.
template <class From, class To>
To converted(From value) {
  if constexpr (std::is_same_v<To, Bool>) {
    return value != From{} ? Bool::True : Bool::False;
  } else if constexpr (std::is_same_v<From, float> && std::is_integral_v<To>) {
    // The limits as floats: the highest rounds up to a power of two, which is outside.
    constexpr float kLowest = static_cast<float>(std::numeric_limits<To>::min());
    if (std::isnan(value)) return 0;
    if (value <= kLowest) return std::numeric_limits<To>::min();
    if (value >= -kLowest) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  } else if constexpr (std::is_same_v<From, Bool>) {
    return static_cast<To>(value == Bool::False ? 0 : 1);
  } else {
    return static_cast<To>(value);
  }
}

template <class From, class To>
class CastKernel final : public Kernel {
 public:
  explicit CastKernel(const NodeView& node) : count_(node.output().shape.elements()) {}
  void run(const KernelArguments& arguments) const override {
    const From* input = arguments.input<From>(0);
    To* output = arguments.output<To>();
    for (int64_t i = 0; i < count_; ++i) output[i] = converted<From, To>(input[i]);
  }

 private:
  int64_t count_;
};

template <class From>
std::unique_ptr<Kernel> prepare_from(const NodeView& node) {
  switch (node.attributes<Cast>().to) {
    case DType::Int32:
      return std::make_unique<CastKernel<From, int32_t>>(node);
    case DType::Int64:
      return std::make_unique<CastKernel<From, int64_t>>(node);
    case DType::Bool:
      return std::make_unique<CastKernel<From, Bool>>(node);
    default:
      return std::make_unique<CastKernel<From, float>>(node);
  }
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  switch (node.input(0).dtype) {
    case DType::Int32:
      return prepare_from<int32_t>(node);
    case DType::Int64:
      return prepare_from<int64_t>(node);
    default:
      return prepare_from<Bool>(node);
  }
}

}  // namespace

extern const Operator cast;
const Operator cast = {
    .kind = OpKind::Cast,
    .infer = infer,
    .kernels = {.f32 = prepare_from<float>, .plain = prepare_plain},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .short_name = "Cast",
    .elements = Elements::Stepped,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
