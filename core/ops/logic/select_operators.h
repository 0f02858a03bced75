// What SELECT and SELECT_V2 share: a truth value as operand 0 chooses between the elements of operands 1 and
// 2.
#pragma once

#include <memory>

#include "ops/operator.h"

namespace octet::ops {

/// Operand 0 holds the condition.
inline constexpr size_t kConditionOperand[] = {0};

/// The values share one scale.
inline constexpr QuantizationRule kSelects = {
    .output = OutputQuantization::AllSame, .plain_operands = kConditionOperand, .relevant = same_as_output};

/// Fails unless operand 0 holds truth values and operands 1 and 2 are of one type.
void expect_choice(const NodeView& node);

/// A kernel that takes `condition`, of as many elements as operand 0, for its shape, and broadcasts the three
/// to the output's.
std::unique_ptr<Kernel> selecting_kernel(const NodeView& node, const Shape& condition);

}  // namespace octet::ops
