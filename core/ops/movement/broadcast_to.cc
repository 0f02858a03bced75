// BROADCAST_TO: dimensions of 1 repeated up to a given shape.
#include <string>

#include "ops/inference.h"
#include "ops/movement/repeat_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const std::vector<int32_t>& dims = node.attributes<Reshape>().shape;
  const Shape shape = output_shape(node, std::vector<int64_t>(dims.begin(), dims.end()));
  const int missing = shape.rank() - input.shape.rank();
  bool fits = missing >= 0;
  for (int axis = 0; fits && axis < input.shape.rank(); ++axis) {
    fits = input.shape[axis] == 1 || input.shape[axis] == shape[axis + missing];
  }
  if (!fits) {
    node.fail("input '" + input.name + "' of shape " + to_string(input.shape) + " does not broadcast to " +
              to_string(shape) + ".");
  }
  return {{input.dtype, shape}};
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"it does not repeat the batch",
     [](const ConstraintView& view) {
       const Shape& from = view.node.input(0).shape;
       const Shape& to = view.node.output().shape;
       return from.rank() == to.rank() && from.rank() > 0 && from[0] == to[0];
     },
     found_shapes},
};

}  // namespace

extern const Operator broadcast_to = {
    .kind = OpKind::BroadcastTo,
    .infer = infer,
    .kernels = every_type(repeating_kernel),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Broadcast to",
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
