// STRIDED_SLICE: every stride-th element of a block, backwards where the stride is negative.
#include <algorithm>
#include <string>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

void expect_inside(const NodeView& node, int axis) {
  const StridedSlice& slice = node.attributes<StridedSlice>();
  const size_t i = static_cast<size_t>(axis);
  const int32_t extent = node.input(0).shape[axis];
  const auto inside = [&](int64_t index) { return index >= 0 && index < extent; };
  const int64_t last = slice.begin[i] + (int64_t{slice.size[i]} - 1) * slice.stride[i];
  if (slice.size[i] >= 1 && slice.stride[i] != 0 && inside(slice.begin[i]) && inside(last)) return;
  node.fail("it takes " + std::to_string(slice.size[i]) + " elements from index " +
            std::to_string(slice.begin[i]) + " by steps of " + std::to_string(slice.stride[i]) +
            " of dimension " + std::to_string(axis) + ", which has " + std::to_string(extent) + ".");
}

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const StridedSlice& slice = node.attributes<StridedSlice>();
  expect_one_per_dimension(node, "begins", slice.begin.size());
  expect_one_per_dimension(node, "sizes", slice.size.size());
  expect_one_per_dimension(node, "strides", slice.stride.size());
  for (const int32_t axis : slice.shrunk_axes) {
    expect_axis(node, axis, input.shape.rank());
    if (slice.size[static_cast<size_t>(axis)] != 1) {
      node.fail("it drops dimension " + std::to_string(axis) + ", which has more than one element left.");
    }
  }
  std::vector<int64_t> dims;
  for (int axis = 0; axis < input.shape.rank(); ++axis) {
    expect_inside(node, axis);
    const bool shrunk =
        std::find(slice.shrunk_axes.begin(), slice.shrunk_axes.end(), axis) != slice.shrunk_axes.end();
    if (!shrunk) dims.push_back(slice.size[static_cast<size_t>(axis)]);
  }
  return {{input.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const StridedSlice& slice = node.attributes<StridedSlice>();
  const auto from = byte_strides(node.input(0));
  const size_t element = size_of(node.output().dtype);
  std::vector<kernels::CopyAxis> axes(slice.begin.size());
  ptrdiff_t offset = 0;
  ptrdiff_t to =
      static_cast<ptrdiff_t>(element);  // Dropped axes have one element, so they need no stride of their own.
  for (size_t i = slice.begin.size(); i-- > 0;) {
    offset += slice.begin[i] * from[i];
    // A single element takes no step, however long the file says that steps are.
    const ptrdiff_t step = slice.size[i] == 1 ? 0 : slice.stride[i] * from[i];
    axes[i] = kernels::strided_axis(slice.size[i], step, to);
    to *= slice.size[i];
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), element, offset)}});
}

const Constraint kMla[] = {
    kFourDimensional,
    {"its strides are positive",
     [](const ConstraintView& view) {
       const std::vector<int32_t>& stride = view.node.attributes<StridedSlice>().stride;
       return std::all_of(stride.begin(), stride.end(), [](int32_t step) { return step > 0; });
     },
     [](const ConstraintView& view) {
       return filled("they are #", view.node.attributes<StridedSlice>().stride);
     }},
};

const Constraint kTflite[] = {kAtMostFiveDimensions};

bool takes_every_element(const NodeView& node) {
  const std::vector<int32_t>& stride = node.attributes<StridedSlice>().stride;
  return std::all_of(stride.begin(), stride.end(), [](int32_t step) { return step == 1; });
}

}  // namespace

extern const Operator strided_slice = {
    .kind = OpKind::StridedSlice,
    .infer = infer,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
    .cvu = true,
    .short_name = "Strided slice",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{takes_every_element},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
