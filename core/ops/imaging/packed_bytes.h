// The buffer that PACK_BYTES makes and UNPACK_BYTES takes apart: tensors as they lie in memory (dense,
// row-major, little-endian), one after the other, each at a multiple of 16 bytes with zeros up to it. So is
// the buffer's end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::ops {

inline constexpr int64_t kPackedAlignment = 16;

/// Bytes that a tensor of so many takes in the buffer.
constexpr int64_t packed_bytes(int64_t bytes) {
  return (bytes + kPackedAlignment - 1) / kPackedAlignment * kPackedAlignment;
}

}  // namespace octet::ops
