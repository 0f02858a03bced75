// A number that stands for the contents of some bytes: equal bytes have equal digests, on every machine. It
// tells samples apart, and is no protection against files made to collide.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace octet {

constexpr uint64_t kDigestOfNothing = 0xcbf29ce484222325u;

/// FNV-1a over the bytes, which follow those whose digest is `before`.
inline uint64_t digest_of(std::span<const std::byte> bytes, uint64_t before = kDigestOfNothing) {
  uint64_t digest = before;
  for (const std::byte byte : bytes) digest = (digest ^ static_cast<uint64_t>(byte)) * 0x100000001b3u;
  return digest;
}

/// The same for many bytes: eight at a time, with other digests.
inline uint64_t digest_of_file(std::span<const std::byte> bytes, uint64_t before = kDigestOfNothing) {
  uint64_t digest = before ^ bytes.size();
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(sizeof(uint64_t), bytes.size()))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min(sizeof(word), bytes.size()));
    digest = (digest ^ word) * 0x9fb21c651e98df25u;
    digest ^= digest >> 32;  // A product's lower half knows nothing of the upper half of its factors.
  }
  return digest;
}

}  // namespace octet
