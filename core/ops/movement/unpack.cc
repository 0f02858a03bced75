// UNPACK: cuts a tensor along an axis into slices that lack it, one an output.
#include <string>

#include "ops/inference.h"
#include "ops/movement/split_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const int32_t axis = node.attributes<Axis>().axis;
  expect_axis(node, axis, input.shape.rank());
  if (static_cast<size_t>(input.shape[axis]) != node.output_count()) {
    node.fail("dimension " + std::to_string(axis) + " of its input is " + std::to_string(input.shape[axis]) +
              ", but it has " + std::to_string(node.output_count()) + " outputs.");
  }
  std::vector<int64_t> dims = extents(input.shape);
  dims.erase(dims.begin() + axis);
  return std::vector<TensorType>(node.output_count(), {input.dtype, output_shape(node, dims)});
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return splitting_kernel(node, node.attributes<Axis>().axis, std::vector<int32_t>(node.output_count(), 1));
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"it does not cut along the batch axis",
     [](const ConstraintView& view) { return view.node.attributes<Axis>().axis != 0; }, found_batch_axis},
};

}  // namespace

extern const Operator unpack = {
    .kind = OpKind::Unpack,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Unpack",
    .elements = Elements::Moved,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
