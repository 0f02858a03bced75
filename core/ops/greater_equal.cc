// GREATER_EQUAL: whether an element is at least another, broadcast by NumPy's rules.
#include <functional>

#include "ops/comparing.h"

namespace octet::ops {

extern const Operator greater_equal;
const Operator greater_equal = {
    .kind = OpKind::GreaterEqual,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::greater_equal<>>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
};

}  // namespace octet::ops
