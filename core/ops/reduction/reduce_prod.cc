// REDUCE_PROD: the product along some axes.
#include <functional>

#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/reduction/fold_kernel.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return folding_kernel(node, 1.0f, std::multiplies<>());
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return by_plain_type(node, [&]<class T>(T) {
    return folding_kernel(node, T{1}, [](T a, T b) { return wrapping(std::multiplies<>(), a, b); });
  });
}

}  // namespace

extern const Operator reduce_prod;
const Operator reduce_prod = {
    .kind = OpKind::ReduceProd,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare_float, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .short_name = "Reduce prod",
    .elements = Elements::Computed,
    .axes = AxisRule::Along,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
