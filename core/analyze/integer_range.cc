#include "analyze/integer_range.h"

#include "quantize/ranges/integer_params.h"

namespace octet::analyze {

std::optional<IntegerRange> integer_range(const Tensor& tensor) {
  const bool is_int16 = tensor.dtype == DType::Int16;
  if ((tensor.dtype != DType::Int8 && !is_int16) || !tensor.quantization) return {};
  const calibrate::Range range =
      quantize::range_of(*tensor.quantization, is_int16 ? Precision::Int16 : Precision::Int8);
  return IntegerRange{.step = tensor.quantization->scale[0], .low = range.low, .high = range.high};
}

}  // namespace octet::analyze
