// REDUCE_MIN: the smallest element along some axes.
#include <algorithm>
#include <limits>

#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/movement/copy_kernel.h"
#include "ops/reduction/fold_kernel.h"

namespace octet::ops {
namespace {

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return extreme_kernel<T>(node, kernels::Extreme::Min);
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return by_plain_type(node, [&]<class T>(T) {
    return folding_kernel(node, std::numeric_limits<T>::max(), [](T a, T b) { return std::min(a, b); });
  });
}

}  // namespace

extern const Operator reduce_min = {
    .kind = OpKind::ReduceMin,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare<float>,
                .i8 = prepare<int8_t>,
                .i16 = prepare<int16_t>,
                .plain = prepare_plain},
    .quantization = kKeepsParameters,
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Reduce min",
    .elements = Elements::Moved,
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
