// Numbers, and structs of them, as bytes and back: little-endian and without padding, the same on every
// machine. Statistics are carried so.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

#include "ir/error.h"
#include "ir/tensor.h"

namespace octet {

static_assert(std::endian::native == std::endian::little, "Bytes are written as they are in memory.");

/// A struct that lists all of its members: `static constexpr auto kFields = std::tuple(&S::a, &S::b);`.
template <class T>
concept HasFields = requires {
  T::kFields;
};

[[noreturn]] inline void fail_for_too_few_bytes() {
  throw Error(ErrorCode::InvalidInput, "What was gathered elsewhere is cut short, or of another model.");
}

template <class T>
void put(Bytes& bytes, const T& value);
template <class T, size_t N>
void put(Bytes& bytes, const std::array<T, N>& values);
template <class T>
void take(std::span<const std::byte>& bytes, T& value);
void take(std::span<const std::byte>& bytes, bool& value);
template <class T, size_t N>
void take(std::span<const std::byte>& bytes, std::array<T, N>& values);

/// Appends numbers; `bool` as a byte that is 0 or 1, structs field by field.
template <class T>
void put_all(Bytes& bytes, std::span<const T> values) {
  if constexpr (HasFields<T>) {
    for (const T& value : values) {
      std::apply([&](auto... field) { (put(bytes, value.*field), ...); }, T::kFields);
    }
  } else {
    static_assert(std::is_arithmetic_v<T>);
    const std::span<const std::byte> added = std::as_bytes(values);
    bytes.insert(bytes.end(), added.begin(), added.end());
  }
}

template <class T>
void put(Bytes& bytes, const T& value) {
  put_all(bytes, std::span(&value, 1));
}

template <class T, size_t N>
void put(Bytes& bytes, const std::array<T, N>& values) {
  put_all(bytes, std::span<const T>(values));
}

/// Reads what put_all() appended, from the front of `bytes`, and drops it there. Throws InvalidInput where
/// there is less.
template <class T>
void take_all(std::span<const std::byte>& bytes, std::span<T> values) {
  if constexpr (HasFields<T>) {
    for (T& value : values) {
      std::apply([&](auto... field) { (take(bytes, value.*field), ...); }, T::kFields);
    }
  } else {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    if (bytes.size() / sizeof(T) < values.size()) fail_for_too_few_bytes();
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size_bytes());
    bytes = bytes.subspan(values.size_bytes());
  }
}

template <class T>
void take(std::span<const std::byte>& bytes, T& value) {
  take_all(bytes, std::span(&value, 1));
}

inline void take(std::span<const std::byte>& bytes, bool& value) {
  unsigned char byte;
  take(bytes, byte);
  value = byte != 0;
}

template <class T, size_t N>
void take(std::span<const std::byte>& bytes, std::array<T, N>& values) {
  take_all(bytes, std::span<T>(values));
}

template <class T>
T take(std::span<const std::byte>& bytes) {
  T value;
  take(bytes, value);
  return value;
}

/// How many bytes a value takes.
template <class T>
constexpr size_t byte_size_of() {
  if constexpr (HasFields<T>) {
    const auto size_of_field = []<class F>(F T::*) { return byte_size_of<F>(); };
    return std::apply([&](auto... field) { return (size_t{0} + ... + size_of_field(field)); }, T::kFields);
  } else {
    return sizeof(T);  // Of numbers, and of arrays of them.
  }
}

/// A list with its length in front of it.
template <class T>
void put_list(Bytes& bytes, const std::vector<T>& values) {
  bytes.reserve(bytes.size() + sizeof(uint64_t) + values.size() * byte_size_of<T>());
  put(bytes, uint64_t{values.size()});
  put_all<T>(bytes, values);
}

template <class T>
std::vector<T> take_list(std::span<const std::byte>& bytes) {
  const auto count = take<uint64_t>(bytes);
  // Before memory is taken for them.
  if (count > bytes.size() / byte_size_of<T>()) fail_for_too_few_bytes();
  std::vector<T> values(static_cast<size_t>(count));
  take_all<T>(bytes, values);
  return values;
}

/// Throws InvalidInput where something is left.
inline void check_all_taken(std::span<const std::byte> bytes) {
  if (!bytes.empty())
    throw Error(ErrorCode::InvalidInput,
                "What was gathered elsewhere is longer than it can be for this model.");
}

}  // namespace octet
