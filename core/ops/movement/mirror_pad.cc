// MIRROR_PAD: surrounds the input with its own reflection.
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"
#include "ops/movement/pad_constraints.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const MirrorPad& pad = node.attributes<MirrorPad>();
  expect_one_per_dimension(node, "paddings", pad.paddings.size());
  std::vector<int64_t> dims = extents(input.shape);
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto [before, after] = pad.paddings[i];
    const int64_t most = pad.reflect ? dims[i] - 1 : dims[i];
    if (before < 0 || after < 0 || before > most || after > most) {
      node.fail("it pads dimension " + std::to_string(i) + " by " + std::to_string(before) + " and " +
                std::to_string(after) + "; from 0 to " + std::to_string(most) + " is possible.");
    }
    dims[i] += int64_t{before} + after;
  }
  return {{input.dtype, output_shape(node, dims)}};
}

/// The index that output element `i` of an axis of `extent` elements mirrors, `before` of them padded in
/// front.
int32_t mirrored(int32_t i, int32_t extent, int32_t before, bool reflect) {
  const int32_t repeat = reflect ? 0 : 1;  // SYMMETRIC repeats the border element.
  const int32_t position = i - before;
  if (position < 0) return -position - repeat;
  if (position >= extent) return 2 * (extent - 1) - position + repeat;
  return position;
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const MirrorPad& pad = node.attributes<MirrorPad>();
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  for (size_t axis = 0; axis < pad.paddings.size(); ++axis) {
    const int32_t extent = node.input(0).shape[static_cast<int>(axis)];
    std::vector<int32_t> indices(static_cast<size_t>(node.output().shape[static_cast<int>(axis)]));
    for (size_t i = 0; i < indices.size(); ++i) {
      indices[i] = mirrored(static_cast<int32_t>(i), extent, pad.paddings[axis][0], pad.reflect);
    }
    axes.push_back(kernels::indexed_axis(indices, from[axis], to[axis]));
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), size_of(node.output().dtype))}});
}

}  // namespace

extern const Operator mirror_pad = {
    .kind = OpKind::MirrorPad,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Mirror pad",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = leaves_channels<MirrorPad>,
    .identity = Identity{pads_nothing<MirrorPad>},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
