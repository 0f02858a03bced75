// BATCH_TO_SPACE_ND: the inverse of SPACE_TO_BATCH_ND: batches become places of blocks, then margins are cut
// off.
#include <string>

#include "ops/movement/batch_blocks.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const int64_t places = checked_block(node);
  const BatchBlocks& blocks = node.attributes<BatchBlocks>();
  std::vector<int64_t> dims = extents(input.shape);
  if (dims[0] % places != 0) {
    node.fail("the batch of its input is " + std::to_string(dims[0]) + ", which is no multiple of the " +
              std::to_string(places) + " places of its block.");
  }
  dims[0] /= places;
  for (size_t d = 0; d < blocks.block.size(); ++d) {
    dims[d + 1] = dims[d + 1] * blocks.block[d] - blocks.margins[d][0] - blocks.margins[d][1];
  }
  return {{input.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const Shape& output = node.output().shape;
  const BatchBlocks& blocks = node.attributes<BatchBlocks>();
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes(static_cast<size_t>(output.rank()));
  ptrdiff_t place_stride = output[0] * from[0];  // Between neighbouring places along the current dimension.
  for (size_t axis = axes.size(); axis-- > 0;) {
    const int32_t extent = output[static_cast<int>(axis)];
    axes[axis] = kernels::strided_axis(extent, from[axis], to[axis]);
    if (axis == 0 || axis > blocks.block.size()) continue;
    const int32_t block = blocks.block[axis - 1];
    for (int32_t i = 0; i < extent; ++i) {
      const int32_t pixel = i + blocks.margins[axis - 1][0];
      axes[axis].source[static_cast<size_t>(i)] = pixel / block * from[axis] + pixel % block * place_stride;
    }
    place_stride *= block;
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), size_of(node.output().dtype))}});
}

}  // namespace

extern const Operator batch_to_space_nd = {
    .kind = OpKind::BatchToSpaceNd,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .tflite = {.int8 = true, .int16 = true, .constraints = kBatchBlocksTflite},
    .short_name = "Batch to space nd",
    .elements = Elements::Moved,
    .axes = AxisRule::Image,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
