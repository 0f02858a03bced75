// GATHER: the slices of a tensor along an axis that indices name.
#include <cstring>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"
#include "ops/movement/gather_indices.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const Shape& indices = node.input(1).shape;
  const Gather& gather = node.attributes<Gather>();
  const int32_t axis = gather.axis;
  const int32_t batch_dims = gather.batch_dims;
  expect_axis(node, axis, input.shape.rank());
  expect_indices(node);
  if (batch_dims < 0 || batch_dims > axis || batch_dims > indices.rank()) {
    node.fail("it has " + std::to_string(batch_dims) + " batch dimensions; at most its axis " +
              std::to_string(axis) + " and the dimensions of its indices are possible.");
  }
  for (int d = 0; d < batch_dims; ++d) {
    if (input.shape[d] == indices[d]) continue;
    node.fail("batch dimension " + std::to_string(d) + " is " + std::to_string(input.shape[d]) +
              " in its input and " + std::to_string(indices[d]) + " in its indices.");
  }
  visit_constant_indices(node, [&](auto values) {
    for (const auto index : values) expect_index(node, index, axis, input.shape[axis]);
  });
  std::vector<int64_t> dims;
  for (int d = 0; d < axis; ++d) dims.push_back(input.shape[d]);
  for (int d = batch_dims; d < indices.rank(); ++d) dims.push_back(indices[d]);
  for (int d = axis + 1; d < input.shape.rank(); ++d) dims.push_back(input.shape[d]);
  return {{input.dtype, output_shape(node, dims)}};
}

/// The input as [batch, outer, extent, slice], the indices as [batch, count].
template <class Index>
class GatherKernel final : public Kernel {
 public:
  explicit GatherKernel(const NodeView& node) {
    const auto [axis, batch_dims] = node.attributes<Gather>();
    const Shape& input = node.input(0).shape;
    const Shape& indices = node.input(1).shape;
    batch_ = input.elements(0, batch_dims);
    outer_ = input.elements(batch_dims, axis);
    extent_ = input[axis];
    count_ = indices.elements(batch_dims, indices.rank());
    slice_ = static_cast<size_t>(input.elements(axis + 1, input.rank())) * size_of(node.input(0).dtype);
  }

  void run(const KernelArguments& arguments) const override {
    const std::byte* input = arguments.inputs[0];
    const Index* indices = arguments.input<Index>(1);
    std::byte* output = arguments.outputs[0];
    for (int64_t b = 0; b < batch_; ++b, indices += count_) {
      for (int64_t o = 0; o < outer_; ++o, input += static_cast<size_t>(extent_) * slice_) {
        for (int64_t i = 0; i < count_; ++i, output += slice_)
          std::memcpy(output, input + nearest_index(indices[i], extent_) * slice_, slice_);
      }
    }
  }

 private:
  int64_t batch_, outer_, extent_, count_;
  size_t slice_;  ///< Bytes.
};

template <class Index>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<GatherKernel<Index>>(node);
}

const Constraint kMla[] = {
    kFourDimensional,
    {"its indices are constant, and at most one-dimensional",
     [](const ConstraintView& view) {
       const Tensor& indices = view.node.input(1);
       return indices.is_constant() && indices.shape.rank() <= 1;
     },
     [](const ConstraintView& view) {
       const Tensor& indices = view.node.input(1);
       if (!indices.is_constant()) return filled("they are computed");
       return filled("they have # dimensions", {indices.shape.rank()});
     }},
    {"it does not gather along the batch axis",
     [](const ConstraintView& view) { return view.node.attributes<Gather>().axis != 0; }, found_batch_axis},
};

}  // namespace

extern const Operator gather;
const Operator gather = {
    .kind = OpKind::Gather,
    .infer = infer,
    .kernels = every_type(by_index_type<prepare<int32_t>, prepare<int64_t>>),
    .quantization = {.output = OutputQuantization::SameAsInput,
                     .plain_operands = kIndexOperand,
                     .relevant = same_as_output},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Gather",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
