// Operators whose results follow from shapes and constants, and those that hand on what they get.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

void read_constant(NodeReader& node) {
  if (const AttributeMessage* value = node.attribute("value"); value != nullptr && value->tensor) {
    return node.give_constant(*value->tensor);
  }
  if (const AttributeMessage* value = node.attribute("value_float"))
    return node.give(node.scalar(value->real));
  if (const AttributeMessage* value = node.attribute("value_int"))
    return node.give(node.constant<int64_t>(Shape(), {value->integer}));
  const auto give_list = [&]<class T>(const std::vector<T>& values) {
    if (values.empty()) return node.give(EmptyValue{DTypeOf<T>::value, {0}});
    node.give(node.constant({static_cast<int32_t>(values.size())}, values));
  };
  if (const AttributeMessage* value = node.attribute("value_floats")) return give_list(value->reals);
  if (const AttributeMessage* value = node.attribute("value_ints")) return give_list(value->integers);
  node.unsupported("of strings or sparse");
}

/// One element in every place.
void give_filled(NodeReader& node, const std::vector<int64_t>& dims, DType type,
                 std::span<const std::byte> element) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return node.give(EmptyValue{type, dims});
  const Shape shape = shape_from(dims);
  const size_t bytes = static_cast<size_t>(shape.elements()) * element.size();
  node.expect_memory(static_cast<int64_t>(bytes));
  Bytes contents(bytes);
  for (size_t at = 0; at < bytes; at += element.size())
    std::copy(element.begin(), element.end(), contents.begin() + static_cast<ptrdiff_t>(at));
  node.give(node.add_constant(type, shape, make_constant(std::move(contents))));
}

void read_constant_of_shape(NodeReader& node) {
  const std::vector<int64_t> dims = node.constant_integers(0, "its shape");
  const AttributeMessage* const value = node.attribute("value");
  if (value == nullptr || !value->tensor) {
    constexpr float kZero = 0;
    return give_filled(node, dims, DType::Float32, std::as_bytes(std::span(&kZero, 1)));
  }
  const Tensor& element = node.graph().tensor(node.constant_of(*value->tensor));
  if (element.shape.elements() != 1) node.invalid("its value is not one element.");
  const Constant contents = element.constant;  // The graph's tensors move when one is added.
  give_filled(node, dims, element.dtype, *contents);
}

void give_integers(NodeReader& node, const std::vector<int64_t>& values) {
  if (values.empty()) return node.give(EmptyValue{DType::Int64, {0}});
  node.give(node.constant({static_cast<int32_t>(values.size())}, values));
}

void read_shape(NodeReader& node) {
  const std::vector<int64_t> dims = node.dims(0);
  const auto rank = static_cast<int64_t>(dims.size());
  const auto bound = [&](int64_t index) {
    return std::clamp(index < 0 ? index + rank : index, int64_t{0}, rank);
  };
  const int64_t begin = bound(node.integer("start", 0));
  const int64_t end = std::max(bound(node.integer("end", rank)), begin);
  give_integers(node, {dims.begin() + begin, dims.begin() + end});
}

void read_size(NodeReader& node) {
  int64_t elements = 1;
  for (const int64_t dim : node.dims(0)) elements *= dim;
  node.give(node.constant<int64_t>(Shape(), {elements}));
}

/// start, start + delta, ... before `limit`.
template <class T>
void give_range(NodeReader& node, T start, T limit, T delta) {
  const double steps =
      std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
  if (std::isnan(steps) || delta == T{}) node.invalid("its range has no end.");
  if (steps <= 0) return node.give(EmptyValue{DTypeOf<T>::value, {0}});
  if (steps > static_cast<double>(Shape::kMaxElements)) node.unsupported("of too many elements");
  node.expect_memory(static_cast<int64_t>(steps) * static_cast<int64_t>(sizeof(T)));
  std::vector<T> values(static_cast<size_t>(steps));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(start + static_cast<T>(i) * delta);
  node.give(node.constant({static_cast<int32_t>(values.size())}, values));
}

void read_range(NodeReader& node) {
  const auto single = [&](const auto& values) {
    if (values.size() != 1) node.invalid("its operands are not one number each.");
    return values[0];
  };
  if (node.tensor(0).dtype == DType::Float32) {
    const auto real = [&](size_t i) { return single(node.constant_reals(i, "its ends")); };
    return give_range(node, real(0), real(1), real(2));
  }
  const auto whole = [&](size_t i) { return single(node.constant_integers(i, "its ends")); };
  const auto [start, limit, delta] = std::array{whole(0), whole(1), whole(2)};
  if (node.tensor(0).dtype == DType::Int64) return give_range<int64_t>(node, start, limit, delta);
  give_range<int32_t>(node, static_cast<int32_t>(start), static_cast<int32_t>(limit),
                      static_cast<int32_t>(delta));
}

void read_eye_like(NodeReader& node) {
  const std::vector<int64_t> dims = node.dims(0);
  if (dims.size() != 2 || dims[0] < 1 || dims[1] < 1) node.invalid("its operand is no matrix.");
  const int64_t diagonal = node.integer("k", 0);
  node.expect_memory(dims[0] * dims[1] * static_cast<int64_t>(sizeof(float)));
  std::vector<float> values(static_cast<size_t>(dims[0] * dims[1]), 0.0f);
  for (int64_t y = 0; y < dims[0]; ++y) {
    if (y + diagonal >= 0 && y + diagonal < dims[1])
      values[static_cast<size_t>(y * dims[1] + y + diagonal)] = 1;
  }
  const auto type = node.attribute("dtype") != nullptr
                        ? dtype_of(static_cast<ElementType>(node.integer("dtype", 0)))
                        : std::optional(node.tensor(0).dtype);
  if (!type) node.unsupported("of this type");
  node.give(cast_to(node, node.constant(shape_from(dims), values), *type));
}

/// The places of what is not 0, one row an axis: known where the operand is.
void read_non_zero(NodeReader& node) {
  if (!node.is_constant(0)) node.unsupported("its operand is computed, not constant");
  const TensorId mask = cast_to(node, node.operand(0), DType::Bool);
  const Tensor& tensor = node.graph().tensor(mask);
  const Shape shape = tensor.shape;
  std::vector<int64_t> places;
  for (size_t i = 0; i < tensor.constant->size(); ++i) {
    if ((*tensor.constant)[i] != std::byte{0}) places.push_back(static_cast<int64_t>(i));
  }
  const auto count = static_cast<int64_t>(places.size());
  if (count == 0 || shape.rank() == 0) return node.give(EmptyValue{DType::Int64, {shape.rank(), count}});
  std::vector<int64_t> rows;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    for (const int64_t place : places)
      rows.push_back(place / shape.elements(axis + 1, shape.rank()) % shape[axis]);
  }
  node.give(node.constant(shape_from(std::array<int64_t, 2>{shape.rank(), count}), rows));
}

/// Constant numbers of any type, which are whole.
std::vector<int64_t> whole_numbers(NodeReader& node, size_t i, std::string_view what) {
  if (node.tensor(i).dtype != DType::Float32) return node.constant_integers(i, what);
  std::vector<int64_t> numbers;
  for (const float number : node.constant_reals(i, what)) {
    if (!(std::fabs(number) <= static_cast<float>(Shape::kMaxElements)))
      node.invalid(std::string(what) + " are too large.");
    numbers.push_back(static_cast<int64_t>(number));
  }
  return numbers;
}

/// `on` where an index is the place along a new axis, `off` elsewhere.
void read_one_hot(NodeReader& node) {
  const std::vector<int64_t> depth = whole_numbers(node, 1, "its depth");
  if (depth.size() != 1 || depth[0] < 1 || depth[0] > Shape::kMaxElements)
    node.invalid("its depth is no extent.");
  const TensorId values = node.operand(2);
  if (node.shape(2).rank() != 1 || node.shape(2)[0] != 2) node.invalid("its values are not two.");
  const int rank = node.rank(0) + 1;
  const int32_t axis = node.axis(node.integer("axis", -1), rank);
  std::vector<int64_t> dims = dims_of(node.shape(0));
  dims.insert(dims.begin() + axis, 1);
  std::vector<int64_t> indices = whole_numbers(node, 0, "its indices");
  for (int64_t& index : indices) index += index < 0 ? depth[0] : 0;
  const TensorId wanted = node.constant(shape_from(dims), indices);
  const TensorId hits = equals_place(node, wanted, axis, depth[0]);
  const TensorId off = sliced(node, values, 0, 0, 1);
  const TensorId on = sliced(node, values, 0, 1, 2);
  node.give(select(node, hits, on, off));
}

/// Identity, and Dropout, which does nothing but in training: its mask lets all pass.
void read_identity(NodeReader& node) {
  if (node.op() == "Dropout" && node.has(2)) {
    const TensorId training = node.operand(2);
    const Constant& known = node.graph().tensor(training).constant;
    if (known == nullptr || (*known)[0] != std::byte{0}) node.unsupported("in training mode");
  }
  if (node.op() == "Dropout" && node.wants_result(1)) {
    const Shape shape = node.shape(0);
    node.expect_memory(shape.elements());
    const Bytes mask(static_cast<size_t>(shape.elements()), std::byte{1});
    node.give(node.add_constant(DType::Bool, shape, make_constant(mask)), 1);
  }
  if (node.is_empty(0)) return node.give(std::get<EmptyValue>(node.value(0)));
  node.give(node.operand(0));
}

constexpr OperatorRow kRows[] = {
    {"Constant", read_constant}, {"ConstantOfShape", read_constant_of_shape},
    {"Dropout", read_identity},  {"EyeLike", read_eye_like},
    {"Identity", read_identity}, {"NonZero", read_non_zero},
    {"OneHot", read_one_hot},    {"Range", read_range},
    {"Shape", read_shape},       {"Size", read_size},
};

}  // namespace

std::span<const OperatorRow> constant_rows() { return kRows; }

}  // namespace octet::formats::onnx
