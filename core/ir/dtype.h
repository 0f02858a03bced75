// Element types of tensors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace octet {

enum class DType : uint8_t { Float32, Float16, BFloat16, Int8, UInt8, Int16, Int32, Int64, Bool };

/// Bytes of one element.
constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::Int8:
    case DType::UInt8:
    case DType::Bool:
      return 1;
    case DType::Float16:
    case DType::BFloat16:
    case DType::Int16:
      return 2;
    case DType::Float32:
    case DType::Int32:
      return 4;
    case DType::Int64:
      return 8;
  }
  return 0;
}

inline constexpr std::array<std::string_view, 9> kDTypeNames = {
    "float32", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool"};
/// Lower-case name, as NumPy writes it: "float32", "int8", ...
constexpr std::string_view to_string(DType dtype) { return kDTypeNames[static_cast<size_t>(dtype)]; }

/// Maps a C++ element type to its DType, so that typed access can be checked.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::Float32;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::Int8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::UInt8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::Int16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::Int32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::Int64;
};

}  // namespace octet
