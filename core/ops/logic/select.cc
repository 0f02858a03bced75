// SELECT: chooses between two tensors of one shape, element by element, or row by row of the first axis.
#include <vector>

#include "ops/logic/select_operators.h"

namespace octet::ops {
namespace {

/// The condition as it broadcasts: one entry a row of the first axis, one for all, or one an element.
Shape condition_of(const NodeView& node) {
  const Shape& condition = node.input(0).shape;
  const Shape& values = node.input(1).shape;
  if (condition.rank() != 1 || values.rank() == 0) return condition;
  std::vector<int32_t> dims(static_cast<size_t>(values.rank()), 1);
  dims[0] = condition[0];
  return Shape(dims);
}

std::vector<TensorType> infer(const NodeView& node) {
  expect_choice(node);
  const Tensor& values = node.input(1);
  if (node.input(2).shape != values.shape) {
    node.fail("it chooses between a tensor of shape " + to_string(values.shape) + " and one of " +
              to_string(node.input(2).shape) + ".");
  }
  const Shape& condition = node.input(0).shape;
  const bool by_row = condition.rank() == 1 && values.shape.rank() > 0 &&
                      (condition[0] == values.shape[0] || condition[0] == 1);
  if (condition != values.shape && condition.rank() != 0 && !by_row) {
    node.fail("its condition of shape " + to_string(condition) + " fits neither the elements nor the rows " +
              "of " + to_string(values.shape) + ".");
  }
  return {{values.dtype, values.shape}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) { return selecting_kernel(node, condition_of(node)); }

}  // namespace

extern const Operator select;
const Operator select = {
    .kind = OpKind::Select,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kSelects,
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Select",
    .elements = Elements::Moved,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
