// TILE: the input repeated along each dimension.
#include "ops/inference.h"
#include "ops/movement/repeat_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const std::vector<int32_t>& multiples = node.attributes<Tile>().multiples;
  expect_one_per_dimension(node, "multiples", multiples.size());
  std::vector<int64_t> dims = extents(input.shape);
  for (size_t i = 0; i < dims.size(); ++i) dims[i] *= multiples[i];
  return {{input.dtype, output_shape(node, dims)}};
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"it does not repeat the batch",
     [](const ConstraintView& view) {
       const std::vector<int32_t>& multiples = view.node.attributes<Tile>().multiples;
       return !multiples.empty() && multiples[0] == 1;
     },
     [](const ConstraintView& view) {
       const std::vector<int32_t>& multiples = view.node.attributes<Tile>().multiples;
       if (multiples.empty()) return filled("its input is a scalar");
       return filled("it repeats it # times", {multiples[0]});
     }},
};

}  // namespace

extern const Operator tile = {
    .kind = OpKind::Tile,
    .infer = infer,
    .kernels = every_type(repeating_kernel),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Tile",
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
