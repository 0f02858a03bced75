// SLICE: a block of the input.
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const auto& [begin, size] = node.attributes<Slice>();
  expect_one_per_dimension(node, "begins", begin.size());
  expect_one_per_dimension(node, "sizes", size.size());
  for (int axis = 0; axis < input.shape.rank(); ++axis) {
    const size_t i = static_cast<size_t>(axis);
    if (begin[i] >= 0 && size[i] >= 1 && int64_t{begin[i]} + size[i] <= input.shape[axis]) continue;
    node.fail("it takes " + std::to_string(size[i]) + " elements from index " + std::to_string(begin[i]) +
              " of dimension " + std::to_string(axis) + ", which has " + std::to_string(input.shape[axis]) +
              ".");
  }
  return {{input.dtype, output_shape(node, std::vector<int64_t>(size.begin(), size.end()))}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const auto& [begin, size] = node.attributes<Slice>();
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  ptrdiff_t offset = 0;
  for (size_t i = 0; i < begin.size(); ++i) {
    offset += begin[i] * from[i];
    axes.push_back(kernels::strided_axis(size[i], from[i], to[i]));
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), size_of(node.output().dtype), offset)}});
}

const Constraint kMla[] = {kFourDimensional};
const Constraint kTflite[] = {kAtMostFiveDimensions};

}  // namespace

extern const Operator slice = {
    .kind = OpKind::Slice,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
    .cvu = true,
    .short_name = "Slice",
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
