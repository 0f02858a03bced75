// How much memory one part of Octet may ask for at a time. What is asked for follows from shapes, which come
// from files: it is counted in 64 bits and looked at here before it is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ir/error.h"

namespace octet {

/// No block of memory has more bytes: WebAssembly's differences of pointers have 32 bits. The same natively,
/// so that what can be computed does not depend on the machine.
inline constexpr uint64_t kMostBlockBytes = INT32_MAX;

/// `bytes` of one block; throws OutOfMemory where that is more than kMostBlockBytes. `what` begins the
/// sentence "… would take 5.0 GiB of memory; …".
size_t block_bytes(uint64_t bytes, const std::string& what, ErrorLocation where = {});

}  // namespace octet
