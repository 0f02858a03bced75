// SPLIT_V: cuts a tensor into parts of given extents along an axis, one an output.
#include <string>

#include "ops/inference.h"
#include "ops/movement/split_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const auto& [axis, sizes] = node.attributes<SplitV>();
  expect_axis(node, axis, input.shape.rank());
  std::vector<TensorType> parts;
  std::vector<int64_t> dims = extents(input.shape);
  int64_t total = 0;
  for (const int32_t size : sizes) {
    dims[static_cast<size_t>(axis)] = size;
    parts.push_back({input.dtype, output_shape(node, dims)});
    total += size;
  }
  if (total != input.shape[axis]) {
    node.fail("its parts take " + std::to_string(total) + " elements of dimension " + std::to_string(axis) +
              ", which has " + std::to_string(input.shape[axis]) + ".");
  }
  return parts;
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const auto& [axis, sizes] = node.attributes<SplitV>();
  return splitting_kernel(node, axis, sizes);
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator split_v = {
    .kind = OpKind::SplitV,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Split v",
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
