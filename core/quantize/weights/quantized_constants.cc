#include "quantize/weights/quantized_constants.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "kernels/arithmetic/convert.h"
#include "quantize/weights/weight_scale.h"

namespace octet::quantize {
namespace {

constexpr int kLargestShift = 31;
constexpr double kInt32Max = std::numeric_limits<int32_t>::max();
/// Largest |q - zero point| of an INT8 activation.
constexpr double kLargestInput = 255;
/// A channel without weights is rescaled by 2^-8, so that its bias is kept to 1/256 of an output step.
constexpr int kShiftOfZeroChannel = 8;

/// Walks a constant channel by channel along one axis.
struct ChannelLayout {
  int64_t channels;
  int64_t inner;  ///< Elements after the axis.
  int64_t outer;  ///< Elements before it.

  ChannelLayout(const Shape& shape, int axis)
      : channels(shape[axis]),
        inner(shape.elements(axis + 1, shape.rank())),
        outer(shape.elements(0, axis)) {}

  template <class Visit>
  void each(int64_t channel, Visit visit) const {
    for (int64_t o = 0; o < outer; ++o) {
      const int64_t begin = (o * channels + channel) * inner;
      for (int64_t i = 0; i < inner; ++i) visit(static_cast<size_t>(begin + i));
    }
  }
};

[[noreturn]] void not_finite(const Tensor& constant) {
  throw Error(ErrorCode::InvalidFile, "Constant '" + constant.name + "' holds NaN or an infinity.",
              {.tensor = constant.name}, "Repair the model where it was trained or exported.");
}

/// floor(log2(value)) of a positive finite value.
int floor_log2(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  return exponent - 1;
}

/// What decides the scale of one channel, or of the whole tensor.
struct ScaleChoice {
  std::vector<float> weights = {};  ///< Where the scale is searched by their error.
  double largest = 0;               ///< max |w|.
  double absolute_sum = 0;          ///< Sum of |w| over one accumulator.
  double terms = 0;                 ///< Products in one accumulator.
  double bias = 0;                  ///< |bias|.
};

/// True when the accumulator's worst case, every input at its extreme and rounding against us, fits 32 bits.
bool fits(const ScaleChoice& choice, double input_scale, double scale) {
  const double products = kLargestInput * (choice.absolute_sum / scale + choice.terms / 2);
  return products + choice.bias / (input_scale * scale) + 1 <= kInt32Max;
}

/// Products beyond which no scale makes fits() true: rounding alone may add up to more than 32 bits hold.
constexpr double kMostTerms = (kInt32Max - 1) / kLargestInput * 2;

void check_terms(const Tensor& weights, double terms, const WeightContext& context) {
  if (context.precision != Precision::Int8 || terms <= kMostTerms) return;
  throw Error(ErrorCode::InvalidConfig,
              "With the weights '" + weights.name + "' " + std::to_string(static_cast<int64_t>(terms)) +
                  " products make one sum; with INT8 activations the 32 bits of a sum hold " +
                  std::to_string(static_cast<int64_t>(kMostTerms)) + " at most.",
              {.tensor = weights.name}, "Leave the node that reads them unquantized, or give it INT16.");
}

ScaleChoice worst_of(const std::vector<ScaleChoice>& channels) {
  ScaleChoice worst;
  for (const ScaleChoice& channel : channels) {
    worst.largest = std::max(worst.largest, channel.largest);
    worst.absolute_sum = std::max(worst.absolute_sum, channel.absolute_sum);
    worst.terms = std::max(worst.terms, channel.terms);
    worst.bias = std::max(worst.bias, channel.bias);
    worst.weights.insert(worst.weights.end(), channel.weights.begin(), channel.weights.end());
  }
  return worst;
}

struct Scale {
  float value;
  bool raised;
};

/// Few integers are worth a search: their scale need not cover the largest weight.
bool searches_scale(const WeightContext& context) { return context.bits < 8; }

std::optional<Scale> choose_scale(const ScaleChoice& choice, const WeightContext& context) {
  const int largest = largest_weight(context.bits);
  const bool shifts =
      context.requantization == RequantizationMode::Sima && context.precision != Precision::BFloat16;
  const bool searches = searches_scale(context) && choice.largest > 0;
  const double unit = context.output_scale / context.input_scale;
  double scale = choice.largest > 0 ? choice.largest / largest : std::ldexp(unit, -kShiftOfZeroChannel);
  bool raised = choice.largest > 0 && scale < kSmallestScale;
  scale = std::max(scale, kSmallestScale);
  if (shifts) {
    const int shift = std::min(floor_log2(unit / scale), kLargestShift);
    if (shift < 1) return std::nullopt;
    scale = std::ldexp(unit, -shift);
    if (searches) scale = least_cost_halving(choice.weights, scale, kLargestShift - shift, largest);
  } else if (searches) {
    scale = least_cost_scale(choice.weights, scale, largest);
  }
  if (context.precision == Precision::BFloat16) return Scale{static_cast<float>(scale), raised};
  // Ends, since check_terms() holds.
  while (context.precision == Precision::Int8 && !fits(choice, context.input_scale, scale)) {
    scale *= 2;
    raised = true;
    if (context.requantization == RequantizationMode::Sima && scale > unit / 2) return std::nullopt;
  }
  return Scale{static_cast<float>(scale), raised};
}

/// std::round of a finite value, for all the weights of a model: WebAssembly has no instruction for that one.
double rounded(double value) {
  const double whole = std::trunc(value);
  return std::fabs(value - whole) < 0.5 ? whole : whole + std::copysign(1.0, value);
}

template <class T>
Constant rounded_bias(std::span<const float> values, const QuantParams& weights, double input_scale) {
  std::vector<T> quantized;
  for (size_t c = 0; c < values.size(); ++c) {
    const double scale = input_scale * static_cast<double>(weights.scale[weights.is_per_channel() ? c : 0]);
    // INT32 fits by the choice of the scale; 2^62 is past what any INT16 accumulator can use.
    const double steps = std::clamp(static_cast<double>(values[c]) / scale, -0x1p62, 0x1p62);
    quantized.push_back(static_cast<T>(std::round(steps)));
  }
  return make_constant(std::span<const T>(quantized));
}

}  // namespace

Tensor quantize_bias(const Tensor& bias, const QuantParams& weights, double input_scale,
                     Precision precision) {
  QuantParams params{.scale = {}, .zero_point = {}, .axis = 0};
  for (const float scale : weights.scale) {
    params.scale.push_back(static_cast<float>(input_scale * static_cast<double>(scale)));
    params.zero_point.push_back(0);
  }
  const bool wide = precision == Precision::Int16;
  const std::span<const float> values = bias.values<float>();
  return {.name = bias.name,
          .dtype = wide ? DType::Int64 : DType::Int32,
          .shape = bias.shape,
          .constant = wide ? rounded_bias<int64_t>(values, weights, input_scale)
                           : rounded_bias<int32_t>(values, weights, input_scale),
          .quantization = params};
}

calibrate::Range range_of(const Tensor& constant) {
  for (const float value : constant.values<float>()) {
    if (!std::isfinite(value)) not_finite(constant);
  }
  return finite_range_of(constant);
}

calibrate::Range finite_range_of(const Tensor& constant) {
  calibrate::Range range;
  for (const float value : constant.values<float>()) {
    if (!std::isfinite(value)) continue;
    range.low = std::min<double>(range.low, value);
    range.high = std::max<double>(range.high, value);
  }
  return range;
}

double coarsest_weight_scale(const Tensor& weights, const Tensor* bias, double input_scale, int bits) {
  const auto magnitude = [](const Tensor& constant) {
    const calibrate::Range range = range_of(constant);
    return std::max(-range.low, range.high);
  };
  const double covering = std::max(magnitude(weights) / largest_weight(bits), kSmallestScale);
  return bias == nullptr ? covering : std::max(covering, 2 * magnitude(*bias) / (input_scale * kInt32Max));
}

std::optional<QuantizedWeights> quantize_weights(const Tensor& weights, int channel_axis, const Tensor* bias,
                                                 const WeightContext& context) {
  const std::span<const float> values = weights.values<float>();
  const std::span<const float> biases = bias != nullptr ? bias->values<float>() : std::span<const float>();
  range_of(weights);
  if (bias != nullptr) range_of(*bias);

  const int axis = normalized_axis(channel_axis, weights.shape.rank());
  const ChannelLayout layout(weights.shape, axis);
  const auto terms = static_cast<double>(layout.inner * layout.outer);
  check_terms(weights, terms, context);
  std::vector<ScaleChoice> channels;
  for (int64_t c = 0; c < layout.channels; ++c) {
    ScaleChoice choice{.terms = terms};
    if (!biases.empty()) choice.bias = std::fabs(static_cast<double>(biases[static_cast<size_t>(c)]));
    layout.each(c, [&](size_t i) {
      const double magnitude = std::fabs(static_cast<double>(values[i]));
      choice.largest = std::max(choice.largest, magnitude);
      choice.absolute_sum += magnitude;
      if (searches_scale(context)) choice.weights.push_back(values[i]);
    });
    channels.push_back(std::move(choice));
  }
  if (!context.per_channel) channels = {worst_of(channels)};

  QuantizedWeights result;
  QuantParams params{
      .scale = {}, .zero_point = {}, .axis = axis, .bits = context.bits == 8 ? 0 : context.bits};
  for (size_t c = 0; c < channels.size(); ++c) {
    const std::optional<Scale> scale = choose_scale(channels[c], context);
    if (!scale) return std::nullopt;
    if (scale->raised) result.raised_channels.push_back(static_cast<int>(c));
    params.scale.push_back(scale->value);
    params.zero_point.push_back(0);
  }
  const auto scale_of = [&](int64_t c) {
    return static_cast<double>(params.scale[params.is_per_channel() ? static_cast<size_t>(c) : 0]);
  };

  std::vector<int8_t> quantized(values.size());
  const double limit = largest_weight(context.bits);
  for (int64_t c = 0; c < layout.channels; ++c) {
    const double scale = scale_of(c);
    layout.each(c, [&](size_t i) {
      quantized[i] =
          static_cast<int8_t>(std::clamp(rounded(static_cast<double>(values[i]) / scale), -limit, limit));
    });
  }
  result.weights = {.name = weights.name,
                    .dtype = DType::Int8,
                    .shape = weights.shape,
                    .constant = make_constant(std::span<const int8_t>(quantized)),
                    .quantization = params};
  if (bias != nullptr && context.precision != Precision::BFloat16)
    result.bias = quantize_bias(*bias, params, context.input_scale, context.precision);
  return result;
}

namespace {

template <class T>
Constant quantized_values(const Tensor& constant, const QuantParams& params) {
  constexpr double kLowest = std::numeric_limits<T>::min();
  constexpr double kHighest = std::numeric_limits<T>::max();
  std::vector<T> quantized;
  for (const float value : constant.values<float>()) {
    if (std::isnan(value)) not_finite(constant);
    const double q =
        std::round(static_cast<double>(value) / static_cast<double>(params.scale[0])) + params.zero_point[0];
    quantized.push_back(static_cast<T>(std::clamp(q, kLowest, kHighest)));
  }
  return make_constant(std::span<const T>(quantized));
}

}  // namespace

Tensor quantize_constant(const Tensor& constant, const QuantParams& params, Precision precision) {
  return {.name = constant.name,
          .dtype = dtype_of(precision),
          .shape = constant.shape,
          .constant = precision == Precision::Int16 ? quantized_values<int16_t>(constant, params)
                                                    : quantized_values<int8_t>(constant, params),
          .quantization = params};
}

Tensor round_to_bfloat16(const Tensor& constant) {
  const std::span<const float> values = constant.values<float>();
  std::vector<uint16_t> rounded(values.size());
  kernels::narrow_to_bfloat16(values.data(), rounded.data(), values.size());
  return {.name = constant.name,
          .dtype = DType::BFloat16,
          .shape = constant.shape,
          .constant = make_constant(std::span<const uint16_t>(rounded)),
          .quantization = {}};
}

}  // namespace octet::quantize
