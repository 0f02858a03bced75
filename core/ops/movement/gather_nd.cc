// GATHER_ND: the slices of a tensor that rows of indices, one a leading dimension, name.
#include <cstring>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"
#include "ops/movement/gather_indices.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const Shape& indices = node.input(1).shape;
  expect_indices(node);
  if (indices.rank() == 0 || indices[-1] > input.shape.rank()) {
    node.fail("its indices " + to_string(indices) + " do not end in one entry for some dimensions of its " +
              "input " + to_string(input.shape) + ".");
  }
  const int depth = indices[-1];
  visit_constant_indices(node, [&](auto values) {
    for (size_t i = 0; i < values.size(); ++i) {
      const int axis = static_cast<int>(i % static_cast<size_t>(depth));
      expect_index(node, values[i], axis, input.shape[axis]);
    }
  });
  std::vector<int64_t> dims;
  for (int d = 0; d + 1 < indices.rank(); ++d) dims.push_back(indices[d]);
  for (int d = depth; d < input.shape.rank(); ++d) dims.push_back(input.shape[d]);
  return {{input.dtype, output_shape(node, dims)}};
}

template <class Index>
class GatherNdKernel final : public Kernel {
 public:
  explicit GatherNdKernel(const NodeView& node) {
    const Shape& input = node.input(0).shape;
    const Shape& indices = node.input(1).shape;
    const int depth = indices[-1];
    const auto strides = byte_strides(node.input(0));
    for (int d = 0; d < depth; ++d)
      steps_.push_back({input[d], static_cast<size_t>(strides[static_cast<size_t>(d)])});
    count_ = indices.elements(0, indices.rank() - 1);
    slice_ = static_cast<size_t>(input.elements(depth, input.rank())) * size_of(node.input(0).dtype);
  }

  void run(const KernelArguments& arguments) const override {
    const Index* indices = arguments.input<Index>(1);
    std::byte* output = arguments.outputs[0];
    for (int64_t i = 0; i < count_; ++i, output += slice_) {
      size_t offset = 0;
      for (const Step& step : steps_) offset += nearest_index(*indices++, step.extent) * step.bytes;
      std::memcpy(output, arguments.inputs[0] + offset, slice_);
    }
  }

 private:
  struct Step {
    int64_t extent;
    size_t bytes;
  };
  std::vector<Step> steps_;
  int64_t count_;
  size_t slice_;  ///< Bytes.
};

template <class Index>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<GatherNdKernel<Index>>(node);
}

}  // namespace

extern const Operator gather_nd;
const Operator gather_nd = {
    .kind = OpKind::GatherNd,
    .infer = infer,
    .kernels = every_type(by_index_type<prepare<int32_t>, prepare<int64_t>>),
    .quantization = {.output = OutputQuantization::SameAsInput,
                     .plain_operands = kIndexOperand,
                     .relevant = same_as_output},
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Gather nd",
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
