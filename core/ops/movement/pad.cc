// PAD and PADV2: surrounds the input with a constant.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "ops/activation.h"
#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"
#include "ops/movement/pad_constraints.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  const Pad& pad = node.attributes<Pad>();
  expect_one_per_dimension(node, "paddings", pad.paddings.size());
  if (std::isnan(pad.value)) node.fail("it pads with NaN.");
  std::vector<int64_t> dims = extents(input.shape);
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto [before, after] = pad.paddings[i];
    if (before < 0 || after < 0) {
      node.fail("it has a negative padding in dimension " + std::to_string(i) + ".");
    }
    dims[i] += int64_t{before} + after;
  }
  return {{input.dtype, output_shape(node, dims)}};
}

std::unique_ptr<Kernel> prepare(const NodeView& node, std::span<const std::byte> fill) {
  const Pad& pad = node.attributes<Pad>();
  const Tensor& input = node.input(0);
  const auto from = byte_strides(input);
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  ptrdiff_t offset = 0;
  for (size_t i = 0; i < pad.paddings.size(); ++i) {
    axes.push_back(kernels::strided_axis(input.shape[static_cast<int>(i)], from[i], to[i]));
    offset += pad.paddings[i][0] * to[i];
  }
  return padding_kernel(node.output(), fill,
                        {kernels::Copy(std::move(axes), size_of(input.dtype), 0, offset)});
}

/// The real value in the elements' own type; integers that are no quantities take it truncated.
std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  const float value = node.attributes<Pad>().value;
  const auto filled_with = [&](auto element) { return prepare(node, std::as_bytes(std::span(&element, 1))); };
  // The largest floats below 2^31 and 2^63, so that the conversion is defined for any value.
  constexpr float kMostInt32 = 0x1.fffffep30f;
  constexpr float kMostInt64 = 0x1.fffffep62f;
  switch (node.input(0).dtype) {
    case DType::Float32:
      return filled_with(value);
    case DType::Int32:
      return filled_with(static_cast<int32_t>(std::clamp(value, -kMostInt32, kMostInt32)));
    case DType::Int64:
      return filled_with(static_cast<int64_t>(std::clamp(value, -kMostInt64, kMostInt64)));
    default:
      node.fail("it cannot pad " + std::string(to_string(node.input(0).dtype)) + " tensors.");
  }
}

/// The nearest integer to the real value in the output's parameters; 0 is the zero point exactly.
template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const QuantParams& output = quantization_of(node.output());
  const float steps = std::round(node.attributes<Pad>().value / output.scale[0]);
  const float lowest = static_cast<float>(std::numeric_limits<T>::min() - output.zero_point[0]);
  const float highest = static_cast<float>(std::numeric_limits<T>::max() - output.zero_point[0]);
  const T fill =
      static_cast<T>(output.zero_point[0] + static_cast<int32_t>(std::clamp(steps, lowest, highest)));
  return prepare(node, std::as_bytes(std::span(&fill, 1)));
}

/// Ascending.
std::vector<int32_t> padded_axes(const ConstraintView& view) {
  const Pad& pad = view.node.attributes<Pad>();
  std::vector<int32_t> axes;
  for (size_t axis = 0; axis < pad.paddings.size(); ++axis) {
    if (pad.paddings[axis] != kNoPadding) axes.push_back(static_cast<int32_t>(axis));
  }
  return axes;
}

const Constraint kMla[] = {
    kFourDimensional,
    {"it pads with 0", [](const ConstraintView& view) { return view.node.attributes<Pad>().value == 0.0f; },
     [](const ConstraintView& view) { return filled("it pads with #", view.node.attributes<Pad>().value); }},
    {"it pads neither the batch nor the channels, and at most two dimensions",
     [](const ConstraintView& view) {
       const std::vector<int32_t> axes = padded_axes(view);
       const int channels = view.node.input(0).shape.rank() - 1;
       return channels >= 0 && axes.size() <= 2 &&
              (axes.empty() || (axes.front() != 0 && axes.back() != channels));
     },
     [](const ConstraintView& view) { return filled_with_axes("it pads #", padded_axes(view)); }},
};

const Constraint kTflite[] = {kAtMostFiveDimensions};

/// Zeros stay zeros, whatever their channel is scaled by.
bool pads_no_channels(const NodeView& node) {
  return node.attributes<Pad>().value == 0 && leaves_channels<Pad>(node);
}

}  // namespace

extern const Operator pad = {
    .kind = OpKind::Pad,
    .infer = infer,
    .kernels = {.f32 = prepare_plain,
                .i8 = prepare_integer<int8_t>,
                .i16 = prepare_integer<int16_t>,
                .plain = prepare_plain},
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
    .short_name = "Pad",
    .elements = Elements::Moved,
    .axes = AxisRule::Along,
    .derivative = Derivative::Movement,
    .passes_channel_factors = pads_no_channels,
    .identity = Identity{pads_nothing<Pad>},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
