// CONCATENATION: joins tensors along an axis. All share one scale, so integers are copied as they are.
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& first = node.input(0);
  const int32_t axis = node.attributes<Axis>().axis;
  expect_axis(node, axis, first.shape.rank());
  std::vector<int64_t> dims = extents(first.shape);
  for (size_t i = 1; i < node.input_count(); ++i) {
    const Tensor& input = node.input(i);
    expect_rank(node, i, first.shape.rank());
    if (input.dtype != first.dtype) node.fail("its inputs have different types.");
    for (int d = 0; d < first.shape.rank(); ++d) {
      if (d == axis || input.shape[d] == first.shape[d]) continue;
      node.fail("dimension " + std::to_string(d) + " of input '" + input.name + "' is " +
                std::to_string(input.shape[d]) + "; the first input has " + std::to_string(first.shape[d]) +
                ".");
    }
    dims[static_cast<size_t>(axis)] += input.shape[axis];
  }
  return {{first.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const size_t axis = static_cast<size_t>(node.attributes<Axis>().axis);
  const auto to = byte_strides(node.output());
  ptrdiff_t offset = 0;
  std::vector<Move> moves;
  for (size_t i = 0; i < node.input_count(); ++i) {
    const Tensor& input = node.input(i);
    const auto from = byte_strides(input);
    std::vector<kernels::CopyAxis> axes;
    for (int d = 0; d < input.shape.rank(); ++d) {
      const size_t k = static_cast<size_t>(d);
      axes.push_back(kernels::strided_axis(input.shape[d], from[k], to[k]));
    }
    moves.push_back({.input = i, .copy = kernels::Copy(std::move(axes), size_of(input.dtype), 0, offset)});
    offset += input.shape[static_cast<int>(axis)] * to[axis];
  }
  return movement_kernel(std::move(moves));
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"it does not join along the batch axis",
     [](const ConstraintView& view) { return view.node.attributes<Axis>().axis != 0; }, found_batch_axis},
};

}  // namespace

extern const Operator concatenation = {
    .kind = OpKind::Concatenation,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = {.output = OutputQuantization::AllSame, .relevant = same_as_output},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Concat",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{[](const NodeView& node) { return node.input_count() == 1; }},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
