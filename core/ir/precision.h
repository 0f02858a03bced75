// The representations of activations that a node can compute in.
#pragma once

#include <cstdint>
#include <string_view>

#include "ir/dtype.h"

namespace octet {

enum class Precision : uint8_t { Float32, Int8, Int16, BFloat16 };

/// "float", "INT8", "INT16" or "BF16", as in sentences.
constexpr std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::Float32:
      return "float";
    case Precision::Int8:
      return "INT8";
    case Precision::Int16:
      return "INT16";
    case Precision::BFloat16:
      return "BF16";
  }
  return "";
}

/// The element type of activations in a precision.
constexpr DType dtype_of(Precision precision) {
  switch (precision) {
    case Precision::Float32:
      return DType::Float32;
    case Precision::Int8:
      return DType::Int8;
    case Precision::Int16:
      return DType::Int16;
    case Precision::BFloat16:
      return DType::BFloat16;
  }
  return DType::Float32;
}

/// True where reals are integers with a scale.
constexpr bool is_integer(Precision precision) {
  return precision == Precision::Int8 || precision == Precision::Int16;
}

}  // namespace octet
