// EQUAL: whether two elements are equal, broadcast by NumPy's rules.
#include <functional>

#include "ops/comparing.h"

namespace octet::ops {

extern const Operator equal;
const Operator equal = {
    .kind = OpKind::Equal,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::equal_to<>, true>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
};

}  // namespace octet::ops
