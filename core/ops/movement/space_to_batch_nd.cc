// SPACE_TO_BATCH_ND: pads with zeros, then moves every block-th pixel into a batch of its own, one batch a
// place of the block.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/activation.h"
#include "ops/movement/batch_blocks.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const int64_t places = checked_block(node);
  const BatchBlocks& blocks = node.attributes<BatchBlocks>();
  std::vector<int64_t> dims = extents(input.shape);
  dims[0] *= places;
  for (size_t d = 0; d < blocks.block.size(); ++d) {
    const int64_t padded = dims[d + 1] + blocks.margins[d][0] + blocks.margins[d][1];
    if (padded % blocks.block[d] != 0) {
      node.fail("dimension " + std::to_string(d + 1) + " of its padded input is " + std::to_string(padded) +
                ", which is no multiple of its block's " + std::to_string(blocks.block[d]) + ".");
    }
    dims[d + 1] = padded / blocks.block[d];
  }
  return {{input.dtype, output_shape(node, dims)}};
}

/// The pixels along one axis that belong to one place of the block.
struct Pixels {
  int64_t first_output;  ///< Where the first of them goes; what lies in front is padding.
  int64_t first_input;
  int64_t count;  ///< 0 where the place holds padding only.
};

Pixels pixels_of(int64_t place, int64_t block, int64_t padding, int64_t extent) {
  const int64_t first_output = padding > place ? (padding - place + block - 1) / block : 0;
  const int64_t first_input = place + first_output * block - padding;
  const int64_t count = first_input < extent ? (extent - first_input + block - 1) / block : 0;
  return {first_output, first_input, count};
}

/// Copies the pixels of one place of the block; nullopt where it holds padding only.
std::optional<kernels::Copy> copy_of(const NodeView& node, int64_t place) {
  const Tensor& input = node.input(0);
  const BatchBlocks& blocks = node.attributes<BatchBlocks>();
  const auto from = byte_strides(input);
  const auto to = byte_strides(node.output());
  ptrdiff_t source = 0;
  ptrdiff_t destination = static_cast<ptrdiff_t>(place) * input.shape[0] * to[0];
  std::vector<kernels::CopyAxis> axes(static_cast<size_t>(input.shape.rank()));
  for (size_t axis = axes.size(); axis-- > 0;) {
    const int32_t extent = input.shape[static_cast<int>(axis)];
    if (axis == 0 || axis > blocks.block.size()) {
      axes[axis] = kernels::strided_axis(extent, from[axis], to[axis]);
      continue;
    }
    const int32_t block = blocks.block[axis - 1];
    const Pixels pixels = pixels_of(place % block, block, blocks.margins[axis - 1][0], extent);
    place /= block;
    if (pixels.count == 0) return {};
    source += static_cast<ptrdiff_t>(pixels.first_input) * from[axis];
    destination += static_cast<ptrdiff_t>(pixels.first_output) * to[axis];
    axes[axis] = kernels::strided_axis(static_cast<int32_t>(pixels.count), block * from[axis], to[axis]);
  }
  return kernels::Copy(std::move(axes), size_of(input.dtype), source, destination);
}

std::unique_ptr<Kernel> prepare(const NodeView& node, std::span<const std::byte> fill) {
  std::vector<kernels::Copy> copies;
  const int64_t places = checked_block(node);
  for (int64_t place = 0; place < places; ++place) {
    if (auto copy = copy_of(node, place)) copies.push_back(std::move(*copy));
  }
  return padding_kernel(node.output(), fill, std::move(copies));
}

/// Zeros of a type without zero points: INT16 has none.
std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return prepare(node, Bytes(size_of(node.input(0).dtype)));
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  return prepare(node, Bytes(1, static_cast<std::byte>(quantization_of(node.output()).zero_point[0])));
}

}  // namespace

extern const Operator space_to_batch_nd = {
    .kind = OpKind::SpaceToBatchNd,
    .infer = infer,
    .kernels = {.f32 = prepare_plain, .i8 = prepare_int8, .i16 = prepare_plain, .plain = prepare_plain},
    .quantization = kKeepsParameters,
    .tflite = {.int8 = true, .int16 = true, .constraints = kBatchBlocksTflite},
    .short_name = "Space to batch nd",
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
