// LOGICAL_NOT: whether a truth value does not hold.
#include "ops/logic/truth_values.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  expect_truth(node, 0);
  return infer_unary(node);
}

class NotKernel final : public Kernel {
 public:
  explicit NotKernel(const NodeView& node) : count_(node.output().shape.elements()) {}
  void run(const KernelArguments& arguments) const override {
    const uint8_t* input = arguments.input<uint8_t>(0);
    uint8_t* output = arguments.output<uint8_t>();
    for (int64_t i = 0; i < count_; ++i) output[i] = input[i] == 0 ? 1 : 0;
  }

 private:
  int64_t count_;
};

}  // namespace

extern const Operator logical_not;
const Operator logical_not = {
    .kind = OpKind::LogicalNot,
    .infer = infer,
    .kernels = {.plain = [](const NodeView& node) -> std::unique_ptr<Kernel> {
      return std::make_unique<NotKernel>(node);
    }},
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Logical not",
    .elements = Elements::Computed,
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
