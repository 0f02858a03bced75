// HARD_SWISH: x * clamp(x + 3, 0, 6) / 6.
#include <algorithm>

#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) {
    const v128_t gate = clamped(wasm_f32x4_add(x, wasm_f32x4_splat(3.0f)), {0.0f, 6.0f});
    return wasm_f32x4_div(wasm_f32x4_mul(x, gate), wasm_f32x4_splat(6.0f));
  });
}

/// TFLite refuses an output whose scale is 1/128 of the input's or less: it multiplies by less than 1 there.
ScaleProblem takes_scales(const NodeView&, const NodeScales& scales) {
  return multiplier_problem(scales.inputs[0] / 128 / scales.output, 1);
}

int32_t clamp_to_int16(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, -32768, 32767));
}

/// A real factor as multiplier * 2^(exponent - 15), the multiplier of 15 bits rounded from one of 31.
struct ShortMultiplier {
  int32_t multiplier;
  int exponent;

  explicit ShortMultiplier(float real) {
    const kernels::FixedPointMultiplier fixed = kernels::fixed_point_multiplier(real);
    multiplier = clamp_to_int16((int64_t{fixed.multiplier} + (1 << 15)) >> 16);
    exponent = fixed.shift;
  }

  /// round(value * multiplier / 2^15), ties away from zero.
  int32_t scale(int32_t value) const {
    const int32_t product = value * multiplier;
    const int32_t nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (product + nudge) / (1 << 15);
  }
};

/// TFLite's HARD_SWISH on 16-bit fixed-point numbers, for one value.
class TfliteHardSwish {
 public:
  TfliteHardSwish(ScaleAndZero input, ScaleAndZero output)
      : input_zero_point_(input.zero_point),
        output_zero_point_(output.zero_point),
        to_output_(input.scale / kFineSteps / output.scale),
        to_gate_(input.scale / kFineSteps / kGateScale) {}

  int8_t operator()(int32_t q) const {
    const int32_t fine = (q - input_zero_point_) * static_cast<int32_t>(kFineSteps);
    // The value at the output's scale, its exponent still to be applied.
    const int32_t value = to_output_.scale(fine);
    const int32_t gate = (gate_of(fine) + (1 << 15)) >> 1;
    const int32_t product =
        gate * value / (1 << 15);  // Rounds to zero: cancels the bias of the roundings before.
    const int32_t result =
        kernels::rounding_divide_by_power_of_two(product, std::clamp(-to_output_.exponent, 0, 31));
    return kernels::clamp_to_int8(result + output_zero_point_);
  }

 private:
  static constexpr float kFineSteps = 128;
  static constexpr float kGateScale = 3.0f / 32768;

  /// x / 3 in [-1, 1), in units of 2^-15. All shifts to the left but one come before the multiplication, as
  /// saturation does no harm there.
  int32_t gate_of(int32_t fine) const {
    const int left = to_gate_.exponent;
    int32_t gate = left > 0 ? clamp_to_int16(int64_t{fine} << (left - 1)) : fine;
    gate = to_gate_.scale(gate);
    if (left > 0) return clamp_to_int16(int64_t{gate} * 2);
    return kernels::rounding_divide_by_power_of_two(gate, std::min(-left, 31));
  }

  int32_t input_zero_point_;
  int32_t output_zero_point_;
  ShortMultiplier to_output_;
  ShortMultiplier to_gate_;
};

/// The contract's; in INT16 for both modes, as TFLite has no INT16 kernel.
template <class T>
std::unique_ptr<Kernel> prepare_rounded(const NodeView& node) {
  return table_unary(
      node, table_of_reals<T>(node, [](double x) { return x * std::clamp(x + 3.0, 0.0, 6.0) / 6.0; }));
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima) return prepare_rounded<int8_t>(node);
  return table_unary(
      node, kernels::tabulate(TfliteHardSwish(per_tensor(node.input(0)), per_tensor(node.output()))));
}

/// For INT16 in TFLite, which lacks it: x * (RELU6(x + 3) / 6).
constexpr OpKind kComponents[] = {OpKind::Add, OpKind::Mul};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId gate = builder.between(node, "gate");
  const TensorId share = builder.between(node, "share");
  const TensorId three = builder.constant(node, "three", 3.0f);
  const TensorId sixth = builder.constant(node, "sixth", 1.0f / 6);
  return {builder.component(node, OpKind::Add, Elementwise{Activation::Relu6}, {x, three}, gate),
          builder.component(node, OpKind::Mul, Elementwise{}, {gate, sixth}, share),
          builder.component(node, OpKind::Mul, Elementwise{}, {x, share}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator hard_swish;
const Operator hard_swish = {
    .kind = OpKind::HardSwish,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_rounded<int16_t>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .scales = takes_scales},
    .in_place = true,
    .short_name = "Hard-swish",
    .elements = Elements::Curved,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = &kDecomposition,
};

}  // namespace octet::ops
