// Quantized graphs from an already quantized file: no calibration, since the file has the scales.
#pragma once

#include "quantize/prequantized/float_twin.h"
#include "quantize/quantize.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// The integers of a placed graph wherever a node is on the accelerator; other integer nodes compute in
/// float, between DEQUANTIZE and QUANTIZE. Inputs and outputs become float, as those of every quantized graph
/// of Octet: an integer one keeps its name with the suffix "_int8" or "_int16".
Graph keep_integers(const Graph& quantized, const Graph& twin);

/// The graph of a placed twin in `requantization`. `tflite` keeps every integer (see keep_integers()). `sima`
/// quantizes the dequantized weights anew, since each weight scale must make its node rescale by a power of
/// two; activations keep the file's scales, but for those that must grow for that, which warnings name.
Result from_stored(const Graph& quantized, const FloatTwin& twin, const QuantizationParams& params);

}  // namespace octet::quantize
