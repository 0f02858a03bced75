// SPLIT: cuts a tensor into equal parts along an axis, one an output.
#include <string>

#include "ops/inference.h"
#include "ops/movement/split_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const int32_t axis = node.attributes<Axis>().axis;
  expect_axis(node, axis, input.shape.rank());
  const int64_t parts = static_cast<int64_t>(node.output_count());
  if (parts == 0 || input.shape[axis] % parts != 0) {
    node.fail("dimension " + std::to_string(axis) + " of its input is " + std::to_string(input.shape[axis]) +
              ", which " + std::to_string(parts) + " outputs cannot share equally.");
  }
  std::vector<int64_t> dims = extents(input.shape);
  dims[static_cast<size_t>(axis)] /= parts;
  return std::vector<TensorType>(node.output_count(), {input.dtype, output_shape(node, dims)});
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const int axis = node.attributes<Axis>().axis;
  return splitting_kernel(node, axis, std::vector<int32_t>(node.output_count(), node.output().shape[axis]));
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator split = {
    .kind = OpKind::Split,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Split",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
