#include "ir/dequantized.h"

#include <cstdint>

namespace octet {
namespace {

template <class T>
std::vector<float> reals(const Tensor& constant, const QuantParams& params) {
  const std::span<const T> integers = constant.values<T>();
  const size_t channels = params.is_per_channel() ? params.scale.size() : 1;
  const size_t inner =
      channels > 1 ? static_cast<size_t>(constant.shape.elements(params.axis + 1, constant.shape.rank())) : 1;
  std::vector<float> values(integers.size());
  for (size_t i = 0; i < integers.size(); ++i) {
    const size_t channel = channels > 1 ? i / inner % channels : 0;
    values[i] = params.scale[channel] * static_cast<float>(integers[i] - params.zero_point[channel]);
  }
  return values;
}

std::vector<float> reals(const Tensor& constant, const QuantParams& params) {
  switch (constant.dtype) {
    case DType::Int8:
      return reals<int8_t>(constant, params);
    case DType::Int16:
      return reals<int16_t>(constant, params);
    case DType::Int32:
      return reals<int32_t>(constant, params);
    case DType::Int64:
      return reals<int64_t>(constant, params);
    default:
      throw Error(ErrorCode::Internal, "A constant without integers cannot be dequantized.",
                  {.tensor = constant.name});
  }
}

}  // namespace

Tensor dequantized(const Tensor& constant) {
  if (!constant.quantization) {
    throw Error(ErrorCode::Internal, "A constant without parameters cannot be dequantized.",
                {.tensor = constant.name});
  }
  return dequantized(constant, *constant.quantization);
}

Tensor dequantized(const Tensor& constant, const QuantParams& params) {
  const std::vector<float> values = reals(constant, params);
  return {.name = constant.name,
          .dtype = DType::Float32,
          .shape = constant.shape,
          .constant = make_constant(std::span<const float>(values)),
          .quantization = {}};
}

}  // namespace octet
