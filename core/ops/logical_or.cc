// LOGICAL_OR: whether one of two truth values holds, broadcast by NumPy's rules.
#include <functional>

#include "ops/logic.h"

namespace octet::ops {

extern const Operator logical_or;
const Operator logical_or = {
    .kind = OpKind::LogicalOr,
    .infer = infer_logic,
    .kernels = {.plain = prepare_comparison<uint8_t, std::logical_or<>>},
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
};

}  // namespace octet::ops
