// SPACE_TO_DEPTH: gathers blocks of pixels into channels.
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
  if (block < 1 || shape.height() % block != 0 || shape.width() % block != 0) {
    node.fail("its height " + std::to_string(shape.height()) + " and width " + std::to_string(shape.width()) +
              " do not divide into blocks of " + std::to_string(block) + ".");
  }
  return {{input.dtype, output_shape(node, std::vector<int64_t>{shape.batch(), shape.height() / block,
                                                                shape.width() / block,
                                                                shape.channels() * block * block})}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const int32_t block = node.attributes<BlockSize>().block;
  const Shape& out = node.output().shape;
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  axes.push_back(kernels::strided_axis(out.batch(), from[0], to[0]));
  axes.push_back(kernels::strided_axis(out.height(), from[1] * block, to[1]));
  axes.push_back(kernels::strided_axis(out.width(), from[2] * block, to[2]));
  axes.push_back(kernels::strided_axis(block, from[1], from[2] * block));
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), static_cast<size_t>(from[2] * block))}});
}

const Constraint kMla[] = {kFourDimensional};

}  // namespace

extern const Operator space_to_depth = {
    .kind = OpKind::SpaceToDepth,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true},
    .short_name = "Space to depth",
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
