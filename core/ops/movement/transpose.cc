// TRANSPOSE: output axis i is input axis permutation[i].
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const std::vector<int32_t>& permutation = node.attributes<Transpose>().permutation;
  expect_one_per_dimension(node, "axes in its permutation", permutation.size());
  std::vector<bool> used(permutation.size(), false);
  std::vector<int64_t> dims;
  for (const int32_t axis : permutation) {
    expect_axis(node, axis, input.shape.rank());
    if (used[static_cast<size_t>(axis)]) {
      node.fail("its permutation names axis " + std::to_string(axis) + " twice.");
    }
    used[static_cast<size_t>(axis)] = true;
    dims.push_back(input.shape[axis]);
  }
  return {{input.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const std::vector<int32_t>& permutation = node.attributes<Transpose>().permutation;
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  for (size_t i = 0; i < permutation.size(); ++i) {
    const int32_t axis = permutation[i];
    axes.push_back(kernels::strided_axis(node.input(0).shape[axis], from[static_cast<size_t>(axis)], to[i]));
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), size_of(node.output().dtype))}});
}

const Constraint kMla[] = {
    kFourDimensional,
    {"it leaves the batch axis in place",
     [](const ConstraintView& view) {
       const std::vector<int32_t>& permutation = view.node.attributes<Transpose>().permutation;
       return !permutation.empty() && permutation[0] == 0;
     },
     [](const ConstraintView& view) {
       const std::vector<int32_t>& permutation = view.node.attributes<Transpose>().permutation;
       if (permutation.empty()) return filled("its input is a scalar");
       return filled("it puts axis # there", {permutation[0]});
     }},
};

const Constraint kTflite[] = {kAtMostSixDimensions};

bool keeps_order(const NodeView& node) {
  const std::vector<int32_t>& permutation = node.attributes<Transpose>().permutation;
  for (size_t i = 0; i < permutation.size(); ++i) {
    if (permutation[i] != static_cast<int32_t>(i)) return false;
  }
  return true;
}

}  // namespace

extern const Operator transpose = {
    .kind = OpKind::Transpose,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
    .cvu = true,
    .short_name = "Transpose",
    .elements = Elements::Moved,
    .axes = AxisRule::Renamed,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{keeps_order},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
