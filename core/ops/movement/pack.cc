// PACK: stacks equally shaped tensors along a new axis. All share one scale.
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& first = node.input(0);
  const int32_t axis = node.attributes<Axis>().axis;
  expect_axis(node, axis, first.shape.rank() + 1);
  for (size_t i = 1; i < node.input_count(); ++i) {
    const Tensor& input = node.input(i);
    if (input.dtype != first.dtype) node.fail("its inputs have different types.");
    if (input.shape == first.shape) continue;
    node.fail("input '" + input.name + "' has shape " + to_string(input.shape) + "; the first input has " +
              to_string(first.shape) + ".");
  }
  std::vector<int64_t> dims = extents(first.shape);
  dims.insert(dims.begin() + axis, static_cast<int64_t>(node.input_count()));
  return {{first.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const int axis = node.attributes<Axis>().axis;
  const Shape& shape = node.input(0).shape;
  const ptrdiff_t element = static_cast<ptrdiff_t>(size_of(node.input(0).dtype));
  const ptrdiff_t block = static_cast<ptrdiff_t>(shape.elements(axis, shape.rank())) * element;
  const ptrdiff_t inputs = static_cast<ptrdiff_t>(node.input_count());
  std::vector<Move> moves;
  for (ptrdiff_t i = 0; i < inputs; ++i) {
    std::vector<kernels::CopyAxis> axes;
    axes.push_back(
        kernels::strided_axis(static_cast<int32_t>(shape.elements(0, axis)), block, block * inputs));
    moves.push_back({.input = static_cast<size_t>(i),
                     .copy = kernels::Copy(std::move(axes), static_cast<size_t>(block), 0, i * block)});
  }
  return movement_kernel(std::move(moves));
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"it does not stack along the batch axis",
     [](const ConstraintView& view) { return view.node.attributes<Axis>().axis != 0; }, found_batch_axis},
};

}  // namespace

extern const Operator pack = {
    .kind = OpKind::Pack,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = {.output = OutputQuantization::AllSame, .relevant = same_as_output},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Pack",
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
