#include "formats/tflite/constant_rows.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace octet::formats::tflite {
namespace {

/// What a file may make Octet compute beforehand; shapes and positions are far smaller.
constexpr int64_t kMostElements = int64_t{1} << 22;

template <class T>
Tensor constant(const Shape& shape, const std::vector<T>& values) {
  Tensor tensor;
  tensor.dtype = DTypeOf<T>::value;
  tensor.shape = shape;
  tensor.constant = make_constant(std::span<const T>(values));
  return tensor;
}

/// Integers of the output's type, int32 or int64.
Tensor integers(const OperatorReader& reader, const Shape& shape, const std::vector<int64_t>& values) {
  if (reader.output_type() == DType::Int64) return constant(shape, values);
  if (reader.output_type() != DType::Int32) reader.invalid("its output is no integer.");
  return constant(shape, std::vector<int32_t>(values.begin(), values.end()));
}

Tensor read_shape(const OperatorReader& reader) {
  const Shape& shape = reader.value(0).shape;
  if (shape.rank() == 0) reader.unsupported("of a scalar");
  return integers(reader, {shape.rank()}, {shape.dims().begin(), shape.dims().end()});
}

Tensor read_rank(const OperatorReader& reader) {
  return integers(reader, {}, {reader.value(0).shape.rank()});
}

Tensor read_zeros_like(const OperatorReader& reader) {
  const Tensor& like = reader.value(0);
  if (like.dtype == DType::Int8 || like.dtype == DType::Int16) reader.unsupported("of a quantized tensor");
  if (like.shape.elements() > kMostElements) reader.unsupported("of more than 2^22 elements");
  Tensor zeros;
  zeros.dtype = like.dtype;
  zeros.shape = like.shape;
  zeros.constant = make_constant(Bytes(like.byte_size()));
  return zeros;
}

/// The one value of a constant operand.
template <class T>
T scalar(const OperatorReader& reader, size_t i) {
  const Tensor& tensor = reader.value(i);
  if (!tensor.is_constant())
    reader.unsupported("its operand '" + tensor.name + "' is computed, not constant");
  if (tensor.dtype != DTypeOf<T>::value || tensor.shape.elements() != 1)
    reader.invalid("its operand '" + tensor.name + "' is not one number of its output's type.");
  return tensor.values<T>()[0];
}

/// start, start + delta, ... before `limit`, added up one by one as TFLite does.
template <class T>
Tensor range(const OperatorReader& reader) {
  const T start = scalar<T>(reader, 0);
  const T limit = scalar<T>(reader, 1);
  const T delta = scalar<T>(reader, 2);
  const double steps =
      std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
  if (!(steps >= 1)) reader.invalid("its range has no element.");  // Also NaN, of a step of 0.
  if (steps > static_cast<double>(kMostElements)) reader.unsupported("of more than 2^22 elements");
  std::vector<T> values(static_cast<size_t>(steps));
  T value = start;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = value;
    if (i + 1 < values.size()) value = static_cast<T>(value + delta);
  }
  return constant({static_cast<int32_t>(values.size())}, values);
}

Tensor read_range(const OperatorReader& reader) {
  switch (reader.value(0).dtype) {
    case DType::Int32:
      return range<int32_t>(reader);
    case DType::Int64:
      return range<int64_t>(reader);
    case DType::Float32:
      return range<float>(reader);
    default:
      reader.unsupported("of " + std::string(to_string(reader.value(0).dtype)));
  }
}

/// The positions of what holds, in the input's order: known where the input is.
Tensor read_where(const OperatorReader& reader) {
  const Tensor& condition = reader.value(0);
  if (!condition.is_constant())
    reader.unsupported("its operand '" + condition.name + "' is computed, not constant");
  if (condition.dtype != DType::Bool) reader.unsupported("of " + std::string(to_string(condition.dtype)));
  if (condition.shape.elements() > kMostElements) reader.unsupported("of more than 2^22 elements");
  const int rank = condition.shape.rank();
  std::vector<int64_t> positions;
  for (size_t i = 0; i < condition.constant->size(); ++i) {
    if ((*condition.constant)[i] == std::byte{0}) continue;
    for (int axis = 0; axis < rank; ++axis) {
      const int64_t behind = condition.shape.elements(axis + 1, rank);
      positions.push_back(static_cast<int64_t>(i) / behind % condition.shape[axis]);
    }
  }
  if (rank == 0 || positions.empty()) reader.unsupported("that selects nothing");
  const int32_t count = static_cast<int32_t>(positions.size()) / rank;
  return integers(reader, {count, rank}, positions);
}

using Code = schema::BuiltinOperator;

constexpr ConstantRow kRows[] = {
    {Code::SHAPE, 1, read_shape}, {Code::RANK, 1, read_rank},   {Code::ZEROS_LIKE, 1, read_zeros_like},
    {Code::RANGE, 2, read_range}, {Code::WHERE, 1, read_where},
};

}  // namespace

const ConstantRow* constant_row_of(schema::BuiltinOperator code) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const ConstantRow& each) { return each.code == code; });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace octet::formats::tflite
