// A number that stands for the contents of some bytes: equal bytes have equal digests, on every machine. It
// tells samples apart, and is no protection against files made to collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace octet {

constexpr uint64_t kDigestOfNothing = 0xcbf29ce484222325u;

/// FNV-1a over the bytes, which follow those whose digest is `before`.
inline uint64_t digest_of(std::span<const std::byte> bytes, uint64_t before = kDigestOfNothing) {
  uint64_t digest = before;
  for (const std::byte byte : bytes) digest = (digest ^ static_cast<uint64_t>(byte)) * 0x100000001b3u;
  return digest;
}

}  // namespace octet
