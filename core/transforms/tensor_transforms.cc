// Transforms of tensors of any meaning: their layout, parts, types, and what a classifier's scores need.
#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "transforms/transform_table.h"

namespace octet::transforms {
namespace {

using Operands = std::span<const TensorId>;
using Results = std::vector<TensorId>;

/// `axis` within the tensor, from one that may count from the end.
int axis_of(const Network& network, TensorId operand, const Fields& fields, int32_t axis) {
  const int rank = network.tensor(operand).shape.rank();
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  fields.fail({"axis ", std::to_string(axis), " does not exist in '", network.tensor(operand).name,
               "', which has ", std::to_string(rank), " dimensions."});
}

Results argmax(Network& network, Fields& fields, Operands operands) {
  const int axis = axis_of(network, operands[0], fields, fields.integer("axis"));
  return {network.add(OpKind::ArgMax, ArgMax{.axis = axis, .output = DType::Int32}, {operands[0]})};
}

Results reshape(Network& network, Fields& fields, Operands operands) {
  std::vector<int32_t> shape = fields.integers("newshape");
  const Tensor& input = network.tensor(operands[0]);
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    int64_t others = 1;
    for (const int32_t extent : shape) {
      if (extent != -1) others *= std::clamp<int64_t>(extent, 0, Shape::kMaxElements);
      others = std::min(others, Shape::kMaxElements + 1);
    }
    const int64_t elements = input.shape.elements();
    if (others < 1 || elements % others != 0 || std::count(shape.begin(), shape.end(), -1) != 1) {
      fields.fail({"the -1 of 'newshape' stands for no extent: '", input.name, "' has ",
                   std::to_string(elements), " elements."});
    }
    *open = static_cast<int32_t>(elements / others);
  }
  return {network.add(OpKind::Reshape, Reshape{.shape = std::move(shape)}, {operands[0]})};
}

Results layout(Network& network, Fields& fields, Operands operands) {
  const std::string from = fields.text("srcLayout");
  const std::string to = fields.text("dstLayout");
  std::string sorted_from = from;
  std::string sorted_to = to;
  std::sort(sorted_from.begin(), sorted_from.end());
  std::sort(sorted_to.begin(), sorted_to.end());
  const bool repeats = std::adjacent_find(sorted_from.begin(), sorted_from.end()) != sorted_from.end();
  if (from.empty() || sorted_from != sorted_to || repeats) {
    fields.fail({"'", from, "' and '", to, "' do not name the same dimensions."},
                "A layout has a letter a dimension, as NHWC and NCHW.");
  }
  std::vector<int32_t> permutation;
  for (const char dimension : to) permutation.push_back(static_cast<int32_t>(from.find(dimension)));
  return {network.add(OpKind::Transpose, Transpose{.permutation = std::move(permutation)}, {operands[0]})};
}

Results slice(Network& network, Fields& fields, Operands operands) {
  std::vector<int32_t> begin = fields.integers("begin");
  std::vector<int32_t> end = fields.integers("end");
  const Shape& shape = network.tensor(operands[0]).shape;
  const auto rank = static_cast<size_t>(shape.rank());
  if (begin.size() != rank || end.size() != rank) {
    fields.fail({"'begin' and 'end' need an index for each of the ", std::to_string(rank), " dimensions."});
  }
  std::vector<int32_t> size(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int32_t extent = shape[static_cast<int>(i)];
    // The end is past the last element; below zero, both count from the end of the dimension.
    if (begin[i] < 0 && begin[i] >= -extent) begin[i] += extent;
    if (end[i] < 0 && end[i] >= -extent) end[i] += extent;
    if (begin[i] < 0 || end[i] > extent || begin[i] >= end[i]) {
      fields.fail({"[", std::to_string(begin[i]), ", ", std::to_string(end[i]),
                   ") holds nothing of, or more than, dimension ", std::to_string(i), ", which has ",
                   std::to_string(extent), "."});
    }
    size[i] = end[i] - begin[i];
  }
  return {
      network.add(OpKind::Slice, Slice{.begin = std::move(begin), .size = std::move(size)}, {operands[0]})};
}

/// The one pair of scale and zero point that a tensor of activations has.
QuantParams quantization_of(Fields& fields) {
  const auto rows = fields.rows("channelParams", 2);
  if (rows.size() != 1) {
    fields.fail({"'channelParams' has ", std::to_string(rows.size()),
                 " pairs; activations have one scale and zero point for all channels."});
  }
  const auto scale = static_cast<float>(rows[0][0]);
  const double zero_point = rows[0][1];
  if (!(scale > 0) || zero_point != static_cast<int32_t>(std::clamp(zero_point, -65536.0, 65536.0))) {
    fields.fail({"a scale must be above zero, and a zero point an integer."});
  }
  return QuantParams::per_tensor(scale, static_cast<int32_t>(zero_point));
}

/// Fails where the zero point is none of `dtype`.
void check_zero_point(const Fields& fields, const QuantParams& params, DType dtype) {
  const int32_t zero_point = params.zero_point[0];
  const bool fits = dtype == DType::Int8 ? zero_point >= -128 && zero_point <= 127 : zero_point == 0;
  if (fits) return;
  fields.fail({"zero point ", std::to_string(zero_point), " is none of ", to_string(dtype), "."},
              "It is from -128 to 127 for int8, and 0 for int16.");
}

Results quantization(Network& network, Fields& fields, Operands operands) {
  const int32_t bits = fields.integer("numBits", 8);
  if (bits != 8 && bits != 16)
    fields.fail({"'numBits' is ", std::to_string(bits), "."}, "It can be 8 or 16.");
  const DType dtype = bits == 8 ? DType::Int8 : DType::Int16;
  const QuantParams params = quantization_of(fields);
  check_zero_point(fields, params, dtype);
  return {network.add(OpKind::Quantize, NoAttributes{}, {operands[0]}, dtype, params)};
}

Results dequantization(Network& network, Fields& fields, Operands operands) {
  const QuantParams params = quantization_of(fields);
  const Tensor& input = network.tensor(operands[0]);
  if (input.dtype != DType::Int8 && input.dtype != DType::Int16) {
    fields.fail({"it takes int8 or int16, and '", input.name, "' is ", to_string(input.dtype), "."});
  }
  check_zero_point(fields, params, input.dtype);
  network.interpret(operands[0], params);
  return {network.add(OpKind::Dequantize, NoAttributes{}, {operands[0]})};
}

Results sigmoid(Network& network, Fields& fields, Operands operands) {
  const bool int16 = fields.boolean("saveInt16", false);
  const TensorId sigmoid = network.add(OpKind::Logistic, NoAttributes{}, {operands[0]});
  if (!int16) return {sigmoid};
  return {network.add(OpKind::Quantize, NoAttributes{}, {sigmoid}, DType::Int16,
                      QuantParams::per_tensor(1.0f / 32768, 0))};
}

Results softmax(Network& network, Fields& fields, Operands operands) {
  const int rank = network.tensor(operands[0]).shape.rank();
  const int axis = axis_of(network, operands[0], fields, fields.integer("axis", -1));
  if (axis == rank - 1) return {network.add(OpKind::Softmax, Softmax{}, {operands[0]})};
  // The operator works along the last axis: swapping that with the one asked for is its own inverse.
  std::vector<int32_t> swapped(static_cast<size_t>(rank));
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped[static_cast<size_t>(axis)], swapped.back());
  const TensorId turned = network.add(OpKind::Transpose, Transpose{.permutation = swapped}, {operands[0]});
  const TensorId shares = network.add(OpKind::Softmax, Softmax{}, {turned});
  return {network.add(OpKind::Transpose, Transpose{.permutation = swapped}, {shares})};
}

Results identity(Network& network, Fields& /*fields*/, Operands operands) {
  const std::span<const int32_t> dims = network.tensor(operands[0]).shape.dims();
  return {network.add(OpKind::Reshape, Reshape{.shape = {dims.begin(), dims.end()}}, {operands[0]})};
}

constexpr TransformRow kRows[] = {
    {"argmax", argmax},   {"reshape", reshape},           {"layout", layout},
    {"slice", slice},     {"quantization", quantization}, {"dequantization", dequantization},
    {"sigmoid", sigmoid}, {"softmax", softmax},           {"identity", identity},
};

}  // namespace

std::span<const TransformRow> tensor_transforms() { return kRows; }

}  // namespace octet::transforms
