// What the operators that only move data share: a kernel made of copies, and strides.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/elementwise/strided_copy.h"
#include "ops/operator.h"

namespace octet::ops {

/// One copy from operand `input` to output `output`.
struct Move {
  size_t input = 0;
  size_t output = 0;
  kernels::Copy copy;
};

/// A kernel that does these copies, for elements of any type.
std::unique_ptr<Kernel> movement_kernel(std::vector<Move> moves);

/// A kernel that fills output 0 with `fill` (the bytes of one element) and then does these copies into it.
std::unique_ptr<Kernel> padding_kernel(const Tensor& output, std::span<const std::byte> fill,
                                       std::vector<kernels::Copy> copies);

/// A kernel for outputs that hold the same bytes as the input: nothing to do when they share memory.
std::unique_ptr<Kernel> identity_kernel(const NodeView& node);

/// Byte distance between neighbours along each axis of a dense tensor.
std::array<ptrdiff_t, Shape::kMaxRank> byte_strides(const Tensor& tensor);

/// The operator keeps the parameters of input 0, because its output holds values of the input.
inline constexpr QuantizationRule kKeepsParameters = {.output = OutputQuantization::SameAsInput,
                                                      .relevant = same_as_output};

}  // namespace octet::ops
