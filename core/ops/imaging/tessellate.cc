// TESSELLATE: a tensor of any type as slices, one after the other. The layout is in
// ops/imaging/tessellation.h.
#include "ops/imaging/tessellation.h"
#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

Tessellation tessellation_of(const NodeView& node) {
  return {node, node.attributes<Tessellate>(), node.input(0).shape, node.input(0).dtype};
}

std::vector<TensorType> infer(const NodeView& node) {
  return {
      {node.input(0).dtype, output_shape(node, std::vector<int64_t>{1, tessellation_of(node).elements()})}};
}

class TessellateKernel final : public Kernel {
 public:
  explicit TessellateKernel(const NodeView& node) : tessellation_(tessellation_of(node)) {}
  void run(const KernelArguments& arguments) const override {
    tessellation_.cut(arguments.inputs[0], arguments.outputs[0]);
  }

 private:
  Tessellation tessellation_;
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<TessellateKernel>(node); }

}  // namespace

extern const Operator tessellate = {
    .kind = OpKind::Tessellate,
    .infer = infer,
    .kernels = {.bytes = prepare},
    .quantization = kKeepsParameters,
    .cvu = true,
    .short_name = "Tessellate",
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
