#include "ops/elementwise/elementwise_operators.h"

#include <array>
#include <span>
#include <string>

#include "kernels/arithmetic/requantize.h"

namespace octet::ops {
namespace {

template <class Function>
kernels::TermTable terms(Function function) {
  kernels::TermTable table;
  for (int32_t q = -128; q <= 127; ++q) table[static_cast<size_t>(q + 128)] = function(q);
  return table;
}

/// TFLite's sum: operands are brought to half the larger scale with 20 more bits, then to the output's.
std::unique_ptr<Kernel> tflite_sum(const NodeView& node, int sign, Clamp<int32_t> range) {
  constexpr int kExtraBits = 20;
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const double common_scale = 2 * static_cast<double>(std::max(a.scale, b.scale));
  const auto scaled_terms = [&](ScaleAndZero operand, int operand_sign) {
    const auto multiplier =
        kernels::fixed_point_multiplier(static_cast<double>(operand.scale) / common_scale);
    return terms([=](int32_t q) {
      return operand_sign * kernels::multiply_by((q - operand.zero_point) * (1 << kExtraBits), multiplier);
    });
  };
  const double output_factor = common_scale / ((1 << kExtraBits) * static_cast<double>(output.scale));
  const kernels::Rescale rescale(kernels::fixed_point_multiplier(output_factor),
                                 {output.zero_point, range.low, range.high});
  return estimated_binary(node, kernels::SumInt8(scaled_terms(a, 1), scaled_terms(b, sign), rescale));
}

/// clamp((m_a q_a + m_b q_b + zc) >> n), rounded: the contract's zc is zero_point * 2^n - m_a z_a - m_b z_b,
/// and its first part is added behind the shift instead, which is exact and keeps the sum within 32 bits.
std::unique_ptr<Kernel> sima_sum(const NodeView& node, int sign, Clamp<int32_t> range) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const double output_scale = output.scale;
  const double factors[] = {a.scale / output_scale, sign * (b.scale / output_scale)};
  const auto affine = kernels::affine_multipliers(factors, 31);
  const auto scaled_terms = [](ScaleAndZero operand, int32_t multiplier) {
    return terms([=](int32_t q) { return multiplier * (q - operand.zero_point); });
  };
  const kernels::Rescale rescale(affine.shift, {output.zero_point, range.low, range.high});
  return estimated_binary(node, kernels::SumInt8(scaled_terms(a, affine.multipliers[0]),
                                                 scaled_terms(b, affine.multipliers[1]), rescale));
}

/// A sum of INT16 operands by the `tflite` rule: they are brought to half the larger scale with 15 more bits.
std::unique_ptr<Kernel> tflite_int16_sum(const NodeView& node, int sign, Clamp<int32_t> range) {
  constexpr int kExtraBits = 15;
  const double a = static_cast<double>(per_tensor(node.input(0)).scale);
  const double b = static_cast<double>(per_tensor(node.input(1)).scale);
  const double common_scale = 2 * std::max(a, b);
  const double output_scale = static_cast<double>(per_tensor(node.output()).scale);
  const auto from_a = kernels::fixed_point_multiplier(a / common_scale);
  const auto from_b = kernels::fixed_point_multiplier(b / common_scale);
  const auto to_output = kernels::fixed_point_multiplier(common_scale / ((1 << kExtraBits) * output_scale));
  return scalar_binary<int16_t>(node, [=](int32_t qa, int32_t qb) {
    const int32_t sum = kernels::multiply_by(qa * (1 << kExtraBits), from_a) +
                        sign * kernels::multiply_by(qb * (1 << kExtraBits), from_b);
    return kernels::clamp_to<int16_t>(kernels::multiply_by(sum, to_output), range.low, range.high);
  });
}

std::unique_ptr<Kernel> sima_int16_sum(const NodeView& node, int sign, Clamp<int32_t> range) {
  const double output_scale = per_tensor(node.output()).scale;
  const double factors[] = {per_tensor(node.input(0)).scale / output_scale,
                            sign * (per_tensor(node.input(1)).scale / output_scale)};
  const auto affine = kernels::affine_multipliers(factors, 31);
  return scalar_binary<int16_t>(node, [=](int32_t qa, int32_t qb) {
    const int64_t sum = int64_t{affine.multipliers[0]} * qa + int64_t{affine.multipliers[1]} * qb;
    return kernels::clamp_to<int16_t>(kernels::rounding_shift_right(sum, affine.shift), range.low,
                                      range.high);
  });
}

}  // namespace

std::vector<TensorType> infer_unary(const NodeView& node) {
  const Tensor& input = node.input(0);
  return {{input.dtype, input.shape}};
}

std::vector<TensorType> infer_binary(const NodeView& node) {
  const Tensor& a = node.input(0);
  const Tensor& b = node.input(1);
  if (a.dtype != b.dtype) {
    node.fail("its operands have different types, " + std::string(to_string(a.dtype)) + " and " +
              std::string(to_string(b.dtype)) + ".");
  }
  try {
    return {{a.dtype, broadcast(a.shape, b.shape)}};
  } catch (const Error& error) {
    node.fail(error.message());
  }
}

ScaleAndZero per_tensor(const Tensor& tensor) {
  const QuantParams& parameters = quantization_of(tensor);
  if (parameters.is_per_channel()) {
    throw Error(ErrorCode::UnsupportedModel,
                "Tensor '" + tensor.name + "' is quantized with one scale a channel.",
                {.tensor = tensor.name}, "Only the weights of convolutions may be.");
  }
  const int32_t zero_point = parameters.zero_point[0];
  const bool wide = tensor.dtype == DType::Int16;
  if (wide ? zero_point != 0 : zero_point < -128 || zero_point > 127) {
    throw Error(ErrorCode::InvalidFile,
                "Tensor '" + tensor.name + "' has zero point " + std::to_string(zero_point) +
                    "; that of an " + (wide ? "INT16 tensor is 0." : "INT8 tensor is within -128 and 127."),
                {.tensor = tensor.name});
  }
  return {parameters.scale[0], zero_point};
}

std::unique_ptr<Kernel> int8_sum(const NodeView& node, int sign) {
  const Clamp<int32_t> range =
      clamp_of<int8_t>(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  const bool tflite = node.node().requantization == RequantizationMode::Tflite;
  return tflite ? tflite_sum(node, sign, range) : sima_sum(node, sign, range);
}

std::unique_ptr<Kernel> int16_sum(const NodeView& node, int sign) {
  const Clamp<int32_t> range =
      clamp_of<int16_t>(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  const bool tflite = node.node().requantization == RequantizationMode::Tflite;
  return tflite ? tflite_int16_sum(node, sign, range) : sima_int16_sum(node, sign, range);
}

std::unique_ptr<Kernel> table_binary(const NodeView& node, kernels::LookupTable2d table) {
  return scalar_binary<int8_t>(node, std::move(table));
}

bool has_four_dimensional_operands(const ConstraintView& view) {
  if (view.any_shape || view.target == TargetId::Tflite) return true;
  const auto fits = [](const Tensor& tensor) { return tensor.is_constant() || tensor.shape.rank() == 4; };
  return fits(view.node.input(0)) && fits(view.node.input(1)) && fits(view.node.output());
}

std::string found_operand_ranks(const ConstraintView& view) {
  std::array<int32_t, 3> ranks = {view.node.output().shape.rank()};
  size_t count = 1;
  for (size_t i = 0; i < 2; ++i) {
    if (!view.node.input(i).is_constant()) ranks[count++] = view.node.input(i).shape.rank();
  }
  return filled("they have #", std::span<const int32_t>(ranks.data(), count));
}

bool broadcasts_four_dimensions(const ConstraintView& view) {
  return view.node.input(0).shape == view.node.input(1).shape || view.node.output().shape.rank() <= 4;
}

std::string found_operand_shapes(const ConstraintView& view) {
  return filled("they are # and #", view.node.input(0).shape, view.node.input(1).shape);
}

}  // namespace octet::ops
