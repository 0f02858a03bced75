// PRELU: x, or slope * x where x is negative, with learned slopes that broadcast to x (usually one a
// channel).
#include <algorithm>

#include "kernels/arithmetic/convert.h"
#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  std::vector<TensorType> types = infer_binary(node);
  if (!(types[0].shape == node.input(0).shape)) {
    node.fail("its slopes of shape " + to_string(node.input(1).shape) +
              " do not broadcast to its input of shape " + to_string(node.input(0).shape) + ".");
  }
  return types;
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return binary<float>(node, [](v128_t x, v128_t slope) {
    const v128_t is_positive = wasm_f32x4_ge(x, wasm_f32x4_splat(0.0f));
    return wasm_v128_bitselect(x, wasm_f32x4_mul(x, slope), is_positive);
  });
}

/// The contract's nearest integer to the real result.
template <class T>
auto rounded_prelu(const NodeView& node) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero slopes = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  return [=](int32_t q, int32_t q_slope) {
    const double x = static_cast<double>(input.scale) * (q - input.zero_point);
    const double slope = static_cast<double>(slopes.scale) * (q_slope - slopes.zero_point);
    return kernels::quantize<T>(x >= 0 ? x : slope * x, output.scale, output.zero_point);
  };
}

/// TFLite's, in fixed point.
template <class T>
auto tflite_prelu(const NodeView& node) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero slopes = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const auto identity = kernels::fixed_point_multiplier(input.scale / output.scale);
  const auto leak = kernels::fixed_point_multiplier(input.scale * slopes.scale / output.scale);
  return [=](int32_t q, int32_t q_slope) {
    const int32_t x = q - input.zero_point;
    const int64_t rescaled = x >= 0 ? kernels::multiply_by(x, identity)
                                    : kernels::multiply_by(x * (q_slope - slopes.zero_point), leak);
    return kernels::clamp_to<T>(rescaled + output.zero_point);
  };
}

bool is_sima(const NodeView& node) { return node.node().requantization == RequantizationMode::Sima; }

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  return table_binary(node, is_sima(node) ? kernels::LookupTable2d(rounded_prelu<int8_t>(node))
                                          : kernels::LookupTable2d(tflite_prelu<int8_t>(node)));
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return is_sima(node) ? scalar_binary<int16_t>(node, rounded_prelu<int16_t>(node))
                       : scalar_binary<int16_t>(node, tflite_prelu<int16_t>(node));
}

const Constraint kMla[] = {
    kFourDimensional,
    {"its slopes are constant and one a channel",
     [](const ConstraintView& view) {
       const Tensor& slopes = view.node.input(1);
       return slopes.is_constant() && slopes.shape.elements() == view.node.input(0).shape[-1] &&
              (slopes.shape.rank() == 0 || slopes.shape[-1] == slopes.shape.elements());
     },
     [](const ConstraintView& view) {
       const Tensor& slopes = view.node.input(1);
       if (!slopes.is_constant()) return filled("they are computed");
       return filled("they are # for #", slopes.shape, view.node.input(0).shape);
     }},
};

bool has_constant_slopes(const NodeView& node) {
  return node.has_input(1) && node.input(1).is_constant() && node.input(1).dtype == DType::Float32;
}

}  // namespace

extern const Operator prelu;
const Operator prelu = {
    .kind = OpKind::Prelu,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .constraints = {&kBroadcastsFourDimensions, 1}},
    .in_place = true,
    .short_name = "PReLU",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = has_constant_slopes,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
