// LESS: whether an element is smaller than another, broadcast by NumPy's rules.
#include <functional>

#include "ops/comparing.h"

namespace octet::ops {

extern const Operator less;
const Operator less = {
    .kind = OpKind::Less,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::less<>>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
};

}  // namespace octet::ops
