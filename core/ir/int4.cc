#include "ir/int4.h"

namespace octet {
namespace {

/// The lower four bits as a two's complement integer.
int8_t sign_extended(unsigned half) { return static_cast<int8_t>(static_cast<int>((half & 15) ^ 8) - 8); }

}  // namespace

Bytes pack_int4(std::span<const int8_t> values) {
  Bytes packed(int4_bytes(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    const unsigned half = static_cast<unsigned>(values[i]) & 15;
    packed[i / 2] |= static_cast<std::byte>(i % 2 == 0 ? half : half << 4);
  }
  return packed;
}

std::vector<int8_t> unpack_int4(std::span<const std::byte> packed, size_t count) {
  std::vector<int8_t> values(count);
  for (size_t i = 0; i < count; ++i) {
    const unsigned both = std::to_integer<unsigned>(packed[i / 2]);
    values[i] = sign_extended(i % 2 == 0 ? both : both >> 4);
  }
  return values;
}

size_t stored_bytes(const Tensor& tensor) {
  return is_int4(tensor) ? int4_bytes(static_cast<size_t>(tensor.shape.elements())) : tensor.byte_size();
}

}  // namespace octet
