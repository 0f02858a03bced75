#include "formats/onnx/constant_value.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

#include "formats/file_constants.h"
#include "ir/error.h"
#include "ir/int4.h"
#include "kernels/arithmetic/convert.h"

namespace octet::formats::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "Contents are used as the file has them.");

/// How a type lies in a file.
struct Storage {
  ElementType type;
  DType dtype;          ///< What stands for it in a graph.
  size_t bits;          ///< Of an element.
  uint32_t list_field;  ///< The field of TensorProto that holds such numbers in a list.
};

constexpr uint32_t kFloatData = 4;
constexpr uint32_t kInt32Data = 5;
constexpr uint32_t kInt64Data = 7;
constexpr uint32_t kDoubleData = 10;
constexpr uint32_t kUInt64Data = 11;

constexpr Storage kStorage[] = {
    {ElementType::Float, DType::Float32, 32, kFloatData},
    {ElementType::UInt8, DType::UInt8, 8, kInt32Data},
    {ElementType::Int8, DType::Int8, 8, kInt32Data},
    {ElementType::UInt16, DType::Int64, 16, kInt32Data},
    {ElementType::Int16, DType::Int16, 16, kInt32Data},
    {ElementType::Int32, DType::Int32, 32, kInt32Data},
    {ElementType::Int64, DType::Int64, 64, kInt64Data},
    {ElementType::Bool, DType::Bool, 8, kInt32Data},
    {ElementType::Float16, DType::Float32, 16, kInt32Data},
    {ElementType::Double, DType::Float32, 64, kDoubleData},
    {ElementType::UInt32, DType::Int64, 32, kUInt64Data},
    {ElementType::UInt64, DType::Int64, 64, kUInt64Data},
    {ElementType::BFloat16, DType::Float32, 16, kInt32Data},
    {ElementType::UInt4, DType::UInt8, 4, kInt32Data},
    {ElementType::Int4, DType::Int8, 4, kInt32Data},
};

const Storage* storage_of(ElementType type) {
  const auto* found = std::find_if(std::begin(kStorage), std::end(kStorage),
                                   [&](const Storage& s) { return s.type == type; });
  return found == std::end(kStorage) ? nullptr : found;
}

std::string quoted(const TensorMessage& tensor) { return "The constant '" + std::string(tensor.name) + "'"; }

[[noreturn]] void invalid(const TensorMessage& tensor, const std::string& problem) {
  throw Error(ErrorCode::InvalidFile, quoted(tensor) + " " + problem, {.tensor = std::string(tensor.name)});
}

/// The product of the extents, at most what one tensor may have.
size_t elements_of(const TensorMessage& tensor) {
  int64_t elements = 1;
  for (const int64_t extent : tensor.dims) {
    if (extent < 0) invalid(tensor, "has a negative dimension.");
    // Zero anywhere leaves no elements, however large the others are.
    if (extent == 0) return 0;
  }
  for (const int64_t extent : tensor.dims) {
    if (extent > Shape::kMaxElements / elements)
      throw Error(ErrorCode::InvalidShape,
                  quoted(tensor) + " has more than " + std::to_string(Shape::kMaxElements) + " elements.",
                  {.tensor = std::string(tensor.name)});
    elements *= extent;
  }
  return static_cast<size_t>(elements);
}

size_t bytes_of(const Storage& storage, size_t elements) { return (elements * storage.bits + 7) / 8; }

/// Numbers from a list as the bytes that `raw` would hold.
Bytes bytes_from_list(const TensorMessage& tensor, const Storage& storage, size_t elements) {
  // Elements of 4 bits lie two in an entry.
  const size_t entries = storage.bits == 4 ? (elements + 1) / 2 : elements;
  const std::vector<uint64_t> numbers = numbers_of(tensor, storage.list_field, entries);
  if (numbers.size() != entries)
    invalid(tensor, "has " + std::to_string(numbers.size()) + " numbers; its shape needs " +
                        std::to_string(entries) + ".");
  const size_t each = std::max<size_t>(storage.bits / 8, 1);
  Bytes bytes(entries * each);
  for (size_t i = 0; i < entries; ++i) std::memcpy(bytes.data() + i * each, &numbers[i], each);
  return bytes;
}

/// The bytes of a tensor as the file's type has them, wherever they are.
Constant stored_contents(const TensorMessage& tensor, const Storage& storage, size_t elements,
                         const std::shared_ptr<const Bytes>& file, const ExternalData& external) {
  const size_t needed = bytes_of(storage, elements);
  const auto check_size = [&](size_t size) {
    if (size != needed)
      invalid(tensor,
              "has " + std::to_string(size) + " bytes; its shape needs " + std::to_string(needed) + ".");
  };
  if (std::optional<ExternalPart> part = external_part_of(tensor)) {
    if (part->length == 0) part->length = needed;
    check_size(static_cast<size_t>(part->length));
    return external(*part);
  }
  if (!tensor.raw) return make_constant(bytes_from_list(tensor, storage, elements));
  check_size(tensor.raw->size());
  return constant_in(
      file, std::as_bytes(std::span(*tensor.raw)),
      storage.bits % 8 == 0 && size_of(storage.dtype) * 8 == storage.bits ? storage.dtype : DType::UInt8);
}

/// Each element by `convert`, from memory that need not be aligned.
template <class From, class To, class Convert>
Constant converted(std::span<const std::byte> bytes, const Convert& convert) {
  std::vector<To> values(bytes.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    values[i] = convert(value);
  }
  return make_constant(std::span<const To>(values));
}

float float_of_half(uint16_t bits) {
  float value = 0;
  kernels::widen_halves(&bits, &value, 1);
  return value;
}

float float_of_bfloat16(uint16_t bits) {
  float value = 0;
  kernels::widen_bfloat16(&bits, &value, 1);
  return value;
}

Constant unsigned_from_int4(std::span<const std::byte> bytes, size_t elements) {
  std::vector<uint8_t> values(elements);
  for (size_t i = 0; i < elements; ++i) {
    const auto pair = static_cast<uint8_t>(bytes[i / 2]);
    values[i] = static_cast<uint8_t>(i % 2 == 0 ? pair & 0xF : pair >> 4);
  }
  return make_constant(std::span<const uint8_t>(values));
}

/// Contents of the file's type as those of the graph's.
Constant in_graph_type(const TensorMessage& tensor, ElementType type, Constant stored, size_t elements) {
  const std::span<const std::byte> bytes = *stored;
  switch (type) {
    case ElementType::Float16:
      return converted<uint16_t, float>(bytes, float_of_half);
    case ElementType::BFloat16:
      return converted<uint16_t, float>(bytes, float_of_bfloat16);
    case ElementType::Double:
      return converted<double, float>(bytes, [](double value) { return static_cast<float>(value); });
    case ElementType::UInt16:
      return converted<uint16_t, int64_t>(bytes, [](uint16_t value) { return int64_t{value}; });
    case ElementType::UInt32:
      return converted<uint32_t, int64_t>(bytes, [](uint32_t value) { return int64_t{value}; });
    case ElementType::UInt64:
      return converted<uint64_t, int64_t>(bytes, [&](uint64_t value) {
        if (value > INT64_MAX) invalid(tensor, "has a number beyond 63 bits.");
        return static_cast<int64_t>(value);
      });
    case ElementType::UInt4:
      return unsigned_from_int4(bytes, elements);
    case ElementType::Int4: {
      const std::vector<int8_t> values = unpack_int4(bytes, elements);
      return make_constant(std::span<const int8_t>(values));
    }
    default:
      return stored;
  }
}

uint64_t number_of(const TensorMessage& tensor, std::string_view key) {
  const auto entry = tensor.external.find(key);
  if (entry == tensor.external.end()) return 0;
  const std::string_view digits = entry->second;
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size())
    invalid(tensor, "lies in another file, whose " + std::string(key) + " is no number.");
  return number;
}

/// True for a path that could lead out of the model's folder.
bool leaves_folder(std::string_view path) {
  const bool absolute = path.starts_with('/') || path.starts_with('\\') || path.find(':') != path.npos;
  if (absolute || path.find('\0') != path.npos) return true;
  for (size_t from = 0; from <= path.size();) {
    const size_t end = std::min(path.find_first_of("/\\", from), path.size());
    if (path.substr(from, end - from) == "..") return true;
    from = end + 1;
  }
  return false;
}

}  // namespace

int64_t ConstantValue::elements() const {
  int64_t product = 1;
  for (const int64_t extent : dims) product *= extent;
  return product;
}

std::optional<DType> dtype_of(ElementType type) {
  const Storage* storage = storage_of(type);
  return storage != nullptr ? std::optional(storage->dtype) : std::nullopt;
}

std::optional<ExternalPart> external_part_of(const TensorMessage& tensor) {
  if (!tensor.is_external) return {};
  const auto location = tensor.external.find("location");
  if (location == tensor.external.end() || location->second.empty())
    invalid(tensor, "lies in another file, and the model does not say in which.");
  if (leaves_folder(location->second)) {
    throw Error(ErrorCode::InvalidFile,
                quoted(tensor) + " lies in '" + std::string(location->second) +
                    "', outside the model's folder, where Octet does not look.",
                {.tensor = std::string(tensor.name)}, "Save the model again with its data beside it.");
  }
  return ExternalPart{std::string(location->second), number_of(tensor, "offset"),
                      number_of(tensor, "length")};
}

ConstantValue constant_value_of(const TensorMessage& tensor, const std::shared_ptr<const Bytes>& file,
                                const ExternalData& external) {
  const Storage* storage = storage_of(tensor.type);
  if (storage == nullptr) {
    throw Error(ErrorCode::UnsupportedModel,
                quoted(tensor) + " has elements of type " + to_string(tensor.type) + ".",
                {.tensor = std::string(tensor.name)},
                "Octet computes with floats and integers of up to 64 bits: export the model with those.");
  }
  const size_t elements = elements_of(tensor);
  ConstantValue value = {.dtype = storage->dtype, .dims = tensor.dims, .contents = nullptr};
  if (storage->bits != size_of(storage->dtype) * 8) value.stored_as = tensor.type;
  if (elements == 0) {
    value.contents = make_constant(Bytes());
    return value;
  }
  Constant stored = stored_contents(tensor, *storage, elements, file, external);
  value.contents = in_graph_type(tensor, tensor.type, std::move(stored), elements);
  return value;
}

}  // namespace octet::formats::onnx
