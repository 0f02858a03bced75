// What operators that compare two tensors, or truth values, share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/arithmetic/requantize.h"
#include "kernels/elementwise/broadcast.h"
#include "ops/elementwise/elementwise_operators.h"
#include "ops/scale_limits.h"

namespace octet::ops {

/// Truth values of the shape that two operands of one type broadcast to.
inline std::vector<TensorType> infer_comparison(const NodeView& node) {
  std::vector<TensorType> types = infer_binary(node);
  types[0].dtype = DType::Bool;
  return types;
}

/// out[i] = function(a[i], b[i]) as a truth value, of operands that may be broadcast.
template <class T, class Function>
class PredicateKernel final : public Kernel {
 public:
  PredicateKernel(const NodeView& node, Function function)
      : loops_(node.input(0).shape, node.input(1).shape), function_(std::move(function)) {}
  void run(const KernelArguments& arguments) const override {
    const T* a = arguments.input<T>(0);
    const T* b = arguments.input<T>(1);
    uint8_t* out = arguments.output<uint8_t>();
    loops_.for_each_element(
        [&](size_t at_a, size_t at_b, size_t at_out) { out[at_out] = function_(a[at_a], b[at_b]) ? 1 : 0; });
  }

 private:
  kernels::BroadcastLoops loops_;
  Function function_;
};

template <class T, class Function>
std::unique_ptr<Kernel> predicate(const NodeView& node, Function function) {
  return std::make_unique<PredicateKernel<T, Function>>(node, std::move(function));
}

template <class T, class Compare>
std::unique_ptr<Kernel> prepare_comparison(const NodeView& node) {
  return predicate<T>(node, Compare());
}

/// Of int32, int64, and, where `kOfTruth`, truth values.
template <class Compare, bool kOfTruth>
std::unique_ptr<Kernel> prepare_plain_comparison(const NodeView& node) {
  switch (node.input(0).dtype) {
    case DType::Int32:
      return prepare_comparison<int32_t, Compare>(node);
    case DType::Int64:
      return prepare_comparison<int64_t, Compare>(node);
    default:
      if (kOfTruth) return prepare_comparison<uint8_t, Compare>(node);
      node.fail("it cannot compare truth values.");
  }
}

/// TFLite's: each operand in its own scale with 8 more bits, in fixed point. By the contract (`sima`): the
/// reals.
template <class Compare>
std::unique_ptr<Kernel> prepare_int8_comparison(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  if (node.node().requantization == RequantizationMode::Sima) {
    return predicate<int8_t>(node, [a, b](int32_t qa, int32_t qb) {
      return Compare()(static_cast<double>(a.scale) * (qa - a.zero_point),
                       static_cast<double>(b.scale) * (qb - b.zero_point));
    });
  }
  constexpr int kExtraBits = 8;
  const auto from_a = kernels::fixed_point_multiplier(static_cast<double>(a.scale));
  const auto from_b = kernels::fixed_point_multiplier(static_cast<double>(b.scale));
  return predicate<int8_t>(node, [=](int32_t qa, int32_t qb) {
    return Compare()(kernels::multiply_by((qa - a.zero_point) * (1 << kExtraBits), from_a),
                     kernels::multiply_by((qb - b.zero_point) * (1 << kExtraBits), from_b));
  });
}

/// The kernels of a comparison. `Compare` compares two values of any one type.
template <class Compare, bool kOfTruth = false>
constexpr Kernels comparison_kernels() {
  return {.f32 = prepare_comparison<float, Compare>,
          .i8 = prepare_int8_comparison<Compare>,
          .plain = prepare_plain_comparison<Compare, kOfTruth>};
}

/// TFLite's multiplies by the scales, as numbers below 1. Raised, they are no better.
inline ScaleProblem compared_scales(const NodeView&, const NodeScales& scales) {
  const bool fits = multiplier_problem(scales.inputs[0], 1) == ScaleProblem::None &&
                    multiplier_problem(scales.inputs[1], 1) == ScaleProblem::None;
  return fits ? ScaleProblem::None : ScaleProblem::Unfit;
}

/// Its integer kernels.
inline constexpr Support kComparedByTflite = {
    .int8 = true, .constraints = {&kBroadcastsFourDimensions, 1}, .scales = compared_scales};

inline constexpr QuantizationRule kGivesTruth = {.output = OutputQuantization::NotQuantized};

}  // namespace octet::ops
