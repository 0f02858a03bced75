// Bytes and numbers between JavaScript's arrays and the core.
#pragma once

#include <emscripten/val.h>

#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "ir/tensor.h"

namespace octet::binding {

using emscripten::val;

/// Copies a JavaScript Uint8Array.
inline Bytes bytes_of(const val& array) {
  Bytes bytes(array["length"].as<size_t>());
  val(emscripten::typed_memory_view(bytes.size(), reinterpret_cast<uint8_t*>(bytes.data())))
      .call<void>("set", array);
  return bytes;
}

/// Copies memory into a new typed array of T.
template <class T>
val copy_of(std::span<const T> values) {
  return val(emscripten::typed_memory_view(values.size(), values.data())).template call<val>("slice");
}

inline val copy_of(std::span<const std::byte> bytes) {
  return copy_of(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

/// The values of `array`, bytes as state of T, made by copy_of() in another worker.
template <class T>
std::vector<T> values_of(const val& array) {
  const Bytes bytes = bytes_of(array);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

template <class T>
val bytes_copy_of(const std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  return copy_of(std::as_bytes(std::span(values)));
}

}  // namespace octet::binding
