// REDUCE_MAX: the largest element along some axes.
#include "ops/movement.h"
#include "ops/reducing.h"

namespace octet::ops {
namespace {

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return extreme_kernel<T>(node, kernels::Extreme::Max);
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator reduce_max = {
    .kind = OpKind::ReduceMax,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare<float>, .i8 = prepare<int8_t>, .i16 = prepare<int16_t>},
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
};

}  // namespace octet::ops
