// DEPTH_TO_SPACE: spreads blocks of channels over height and width.
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const int64_t block = node.attributes<BlockSize>().block;
  expect_rank(node, 0, 4);
  const Shape& shape = input.shape;
  if (block < 1 || block > shape.channels() || shape.channels() % (block * block) != 0) {
    node.fail("its " + std::to_string(shape.channels()) + " channels do not divide into blocks of " +
              std::to_string(block) + " by " + std::to_string(block) + ".");
  }
  return {{input.dtype, output_shape(node, std::vector<int64_t>{shape.batch(), shape.height() * block,
                                                                shape.width() * block,
                                                                shape.channels() / (block * block)})}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const int32_t block = node.attributes<BlockSize>().block;
  const Shape& in = node.input(0).shape;
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  const ptrdiff_t part = node.output().shape.channels() * from[3];  // Bytes of one pixel of the output.
  std::vector<kernels::CopyAxis> axes;
  axes.push_back(kernels::strided_axis(in.batch(), from[0], to[0]));
  axes.push_back(kernels::strided_axis(in.height(), from[1], to[1] * block));
  axes.push_back(kernels::strided_axis(block, part * block, to[1]));
  axes.push_back(kernels::strided_axis(in.width(), from[2], to[2] * block));
  axes.push_back(kernels::strided_axis(block, part, to[2]));
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), static_cast<size_t>(part))}});
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator depth_to_space = {
    .kind = OpKind::DepthToSpace,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true},
    .short_name = "Depth to space",
    .elements = Elements::Moved,
    .axes = AxisRule::Image,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{[](const NodeView& node) { return node.attributes<BlockSize>().block == 1; }},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
