// CUMSUM: running sums along an axis, from either end, with or without the element itself.
#include <type_traits>

#include "ops/elementwise/elementwise_operators.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  expect_axis(node, node.attributes<CumSum>().axis, node.input(0).shape.rank());
  return infer_unary(node);
}

/// The input as [outer, count, inner], added up along `count`. Integers wrap.
template <class T>
class CumSumKernel final : public Kernel {
 public:
  explicit CumSumKernel(const NodeView& node) : attributes_(node.attributes<CumSum>()) {
    const Shape& shape = node.input(0).shape;
    outer_ = shape.elements(0, attributes_.axis);
    count_ = shape[attributes_.axis];
    inner_ = shape.elements(attributes_.axis + 1, shape.rank());
  }

  void run(const KernelArguments& arguments) const override {
    for (int64_t block = 0; block < outer_; ++block) {
      const int64_t first = block * count_ * inner_;
      for (int64_t i = first; i < first + inner_; ++i) {
        run_line(arguments.input<T>(0) + i, arguments.output<T>() + i);
      }
    }
  }

 private:
  void run_line(const T* in, T* out) const {
    T sum = 0;
    for (int64_t step = 0; step < count_; ++step) {
      const int64_t at = (attributes_.reverse ? count_ - 1 - step : step) * inner_;
      const T element = in[at];
      if (attributes_.exclusive) out[at] = sum;
      if constexpr (std::is_integral_v<T>) {
        using Unsigned = std::make_unsigned_t<T>;
        sum = static_cast<T>(static_cast<Unsigned>(sum) + static_cast<Unsigned>(element));
      } else {
        sum += element;
      }
      if (!attributes_.exclusive) out[at] = sum;
    }
  }

  CumSum attributes_;
  int64_t outer_, count_, inner_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<CumSumKernel<T>>(node);
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  switch (node.input(0).dtype) {
    case DType::Int32:
      return prepare<int32_t>(node);
    case DType::Int64:
      return prepare<int64_t>(node);
    default:
      node.fail("it cannot add up " + std::string(to_string(node.input(0).dtype)) + " elements.");
  }
}

}  // namespace

extern const Operator cum_sum;
const Operator cum_sum = {
    .kind = OpKind::CumSum,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Cumsum",
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
