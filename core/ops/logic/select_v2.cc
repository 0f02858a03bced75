// SELECT_V2: chooses between two tensors by a condition, the three broadcast by NumPy's rules.
#include "ops/logic/select_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  expect_choice(node);
  try {
    const Shape values = broadcast(node.input(1).shape, node.input(2).shape);
    return {{node.input(1).dtype, broadcast(node.input(0).shape, values)}};
  } catch (const Error& error) {
    node.fail(error.message());
  }
}

std::unique_ptr<Kernel> prepare(const NodeView& node) { return selecting_kernel(node, node.input(0).shape); }

const Constraint kTflite[] = {
    {"its output has at most five dimensions",
     [](const ConstraintView& view) { return view.node.output().shape.rank() <= 5; },
     [](const ConstraintView& view) { return filled("it has #", {view.node.output().shape.rank()}); }},
};

}  // namespace

extern const Operator select_v2;
const Operator select_v2 = {
    .kind = OpKind::SelectV2,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kSelects,
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
    .short_name = "Select v2",
    .elements = Elements::Moved,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
