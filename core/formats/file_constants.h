// Constants of a file that are used where they are in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ir/tensor.h"

namespace octet::formats {

/// The constant of elements of `dtype` that `bytes`, which lie in `file`, are. Small ones are copied: they
/// alone would keep the whole file in memory. So are those that are not aligned as their elements are.
inline Constant constant_in(const std::shared_ptr<const Bytes>& file, std::span<const std::byte> bytes,
                            DType dtype) {
  constexpr size_t kFewBytes = 4096;
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % size_of(dtype) == 0;
  if (bytes.size() < kFewBytes || !aligned) return make_constant(Bytes(bytes.begin(), bytes.end()));
  return part_of(file, bytes);
}

}  // namespace octet::formats
