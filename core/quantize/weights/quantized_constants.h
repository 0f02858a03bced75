// Quantizes the constant operands of an integer node: weights, their bias, and constants that are added or
// multiplied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// What weight quantization needs to know of its node.
struct WeightContext {
  double input_scale;
  double output_scale;
  RequantizationMode requantization;
  bool per_channel;
  /// INT16 accumulates in 64 bits, with a bias of 64; INT8 in 32, which bounds the scale from below. BF16
  /// dequantizes the weights, so that any scale serves and the bias stays as it is.
  Precision precision = Precision::Int8;
  int bits = 8;  ///< Of the weights: 8 or 4.
};

struct QuantizedWeights {
  Tensor weights;                    ///< INT8 in [-127, 127], or [-7, 7] with 4 bits, symmetric.
  std::optional<Tensor> bias;        ///< INT32 or INT64 of scale input_scale * weight scale; none for BF16.
  std::vector<int> raised_channels;  ///< Channels whose scale was raised, so that bias and accumulator fit 32
                                     ///< bits and it a float32.
};

/// Symmetric INT8 weights along `channel_axis`. `sima`: each channel's scale is the smallest that covers its
/// weights and makes input * weight / output scale a power of two 2^-n, 1 <= n <= 31; returns nothing when
/// even n = 1 is too fine, that is, when the output scale must grow first. Scales of 4 bits are smaller where
/// clipping large weights lowers the error. Non-finite weights throw InvalidFile naming the tensor, and
/// sums of more products than 32 bits hold InvalidConfig.
std::optional<QuantizedWeights> quantize_weights(const Tensor& weights, int channel_axis, const Tensor* bias,
                                                 const WeightContext& context);

/// About the largest scale that quantize_weights() gives INT8 weights by the `tflite` rule: what covers them,
/// and brings the bias into 32 bits.
double coarsest_weight_scale(const Tensor& weights, const Tensor* bias, double input_scale, int bits);

/// A float bias in steps of input scale times weight scale: INT32 for INT8 activations, INT64 for INT16.
Tensor quantize_bias(const Tensor& bias, const QuantParams& weights, double input_scale, Precision precision);

/// A constant operand as INT8 or INT16 with the given parameters, rounded half away from zero and saturated.
Tensor quantize_constant(const Tensor& constant, const QuantParams& params, Precision precision);

/// A constant operand in BF16, rounded to nearest even.
Tensor round_to_bfloat16(const Tensor& constant);

/// Smallest and largest value of a float constant, and 0, without values that are not finite.
calibrate::Range finite_range_of(const Tensor& constant);
/// The same of one whose values all have to be finite; throws InvalidFile naming it when one is not finite.
calibrate::Range range_of(const Tensor& constant);

}  // namespace octet::quantize
