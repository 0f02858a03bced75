// GREATER: whether an element is larger than another, broadcast by NumPy's rules.
#include <functional>

#include "ops/comparing.h"

namespace octet::ops {

extern const Operator greater;
const Operator greater = {
    .kind = OpKind::Greater,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::greater<>>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
};

}  // namespace octet::ops
