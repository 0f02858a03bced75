// DETESSELLATE: the tensor that TESSELLATE cut into slices. The layout is in ops/imaging/tessellation.h.
#include <string>

#include "ops/imaging/tessellation.h"
#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

Shape frame_of(const NodeView& node) {
  const std::vector<int32_t>& shape = node.attributes<Detessellate>().frame.shape;
  return output_shape(node, std::vector<int64_t>(shape.begin(), shape.end()));
}

Tessellation tessellation_of(const NodeView& node) {
  const Detessellate& attributes = node.attributes<Detessellate>();
  return {node, attributes.tiles, frame_of(node), attributes.frame.dtype};
}

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const StaticType& frame = node.attributes<Detessellate>().frame;
  const int64_t elements = tessellation_of(node).elements();
  if (input.dtype != frame.dtype) {
    node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) + "; its frame is " +
              std::string(to_string(frame.dtype)) + ".");
  }
  if (input.shape.elements() != elements) {
    node.fail("input '" + input.name + "' has " + std::to_string(input.shape.elements()) +
              " elements; the slices of its frame have " + std::to_string(elements) + ".");
  }
  return {{frame.dtype, frame_of(node)}};
}

class DetessellateKernel final : public Kernel {
 public:
  explicit DetessellateKernel(const NodeView& node) : tessellation_(tessellation_of(node)) {}
  void run(const KernelArguments& arguments) const override {
    tessellation_.join(arguments.inputs[0], arguments.outputs[0]);
  }

 private:
  Tessellation tessellation_;
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<DetessellateKernel>(node); }

}  // namespace

extern const Operator detessellate = {
    .kind = OpKind::Detessellate,
    .infer = infer,
    .kernels = {.bytes = prepare},
    .quantization = kKeepsParameters,
    .cvu = true,
    .short_name = "Detessellate",
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
