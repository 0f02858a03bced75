// Constants of 4 bits: one element a byte in memory, two in files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ir/tensor.h"

namespace octet {

/// Bytes that `count` integers of 4 bits take in a file.
constexpr size_t int4_bytes(size_t count) { return count / 2 + count % 2; }

/// Two integers from [-8, 7] a byte, the first in its lower half, as .tflite files have them; a last half
/// stays 0.
Bytes pack_int4(std::span<const int8_t> values);

/// The first `count` of packed integers; `packed` has int4_bytes(count) bytes.
std::vector<int8_t> unpack_int4(std::span<const std::byte> packed, size_t count);

/// True for a constant that files hold in 4 bits an element.
inline bool is_int4(const Tensor& tensor) { return tensor.quantization && tensor.quantization->bits == 4; }

/// Bytes that the contents of a tensor take in a file.
size_t stored_bytes(const Tensor& tensor);

}  // namespace octet
