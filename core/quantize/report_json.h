// The quantization report as a JSON document.
#pragma once

#include <string>

#include "quantize/quantize.h"

namespace octet::quantize {

/// {"tensors": [{"tensor", "observed": [low, high], "chosen": [low, high], "scale", "zeroPoint"}],
/// "warnings": [...]}, tensors in graph order.
std::string report_json(const Result& result);

}  // namespace octet::quantize
