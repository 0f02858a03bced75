// REDUCE_MAX: the largest element along some axes.
#include <algorithm>
#include <limits>

#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/movement/copy_kernel.h"
#include "ops/reduction/fold_kernel.h"

namespace octet::ops {
namespace {

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return extreme_kernel<T>(node, kernels::Extreme::Max);
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return by_plain_type(node, [&]<class T>(T) {
    return folding_kernel(node, std::numeric_limits<T>::min(), [](T a, T b) { return std::max(a, b); });
  });
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator reduce_max = {
    .kind = OpKind::ReduceMax,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare<float>,
                .i8 = prepare<int8_t>,
                .i16 = prepare<int16_t>,
                .plain = prepare_plain},
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Reduce max",
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
