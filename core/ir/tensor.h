// Tensor: a value of the graph, constant or computed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/dtype.h"
#include "ir/error.h"
#include "ir/quant_params.h"
#include "ir/shape.h"

namespace octet {

using Bytes = std::vector<std::byte>;

/// Reads a span of bytes as elements of T; the caller guarantees size and alignment (allocators align to 8 or
/// more).
template <class T>
std::span<const T> as(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

/// Contents of constants, dense and row-major: shared between graphs derived from each other, and possibly a
/// part of something larger that they keep alive, such as the file that they come from.
using Constant = std::shared_ptr<const std::span<const std::byte>>;

/// `part` of `whole`, without copying it.
template <class Whole>
Constant part_of(std::shared_ptr<const Whole> whole, std::span<const std::byte> part) {
  struct Part {
    std::shared_ptr<const Whole> whole;
    std::span<const std::byte> bytes;
  };
  const auto shared = std::make_shared<const Part>(Part{std::move(whole), part});
  return {shared, &shared->bytes};
}

inline Constant make_constant(Bytes bytes) {
  const auto whole = std::make_shared<const Bytes>(std::move(bytes));
  return part_of(whole, *whole);
}

/// Copies `values` into a constant of their element type.
template <class T>
Constant make_constant(std::span<const T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::span<const std::byte> bytes = std::as_bytes(values);
  return make_constant(Bytes(bytes.begin(), bytes.end()));
}

struct Tensor {
  std::string name;
  DType dtype = DType::Float32;
  Shape shape;
  Constant constant;  ///< Null when computed.
  std::optional<QuantParams> quantization;
  /// Of an input or output of the graph that is stored otherwise than in the file: axis i here is axis
  /// file_axes[i] there. Empty where the order is the file's.
  std::vector<int32_t> file_axes = {};

  bool is_constant() const { return constant != nullptr; }
  size_t byte_size() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }

  /// Typed view of the constant; throws Internal when the tensor is not constant or holds another type.
  template <class T>
  std::span<const T> values() const {
    if (!constant || dtype != DTypeOf<T>::value) {
      throw Error(ErrorCode::Internal, "Tensor is not a constant of the type asked for.", {.tensor = name});
    }
    return as<T>(*constant);
  }
};

}  // namespace octet
