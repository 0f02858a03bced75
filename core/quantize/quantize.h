// From a prepared, partitioned float graph and calibration statistics to a quantized graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "partition/partition.h"
#include "quantize/ranges/relevant_values.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// How one activation was quantized, for reports.
struct TensorRecord {
  std::string tensor;
  calibrate::Range observed;  ///< Smallest and largest value seen.
  calibrate::Range chosen;    ///< What the calibration method chose.
  QuantParams quantization;
};

struct Result {
  Graph graph;
  std::vector<TensorRecord> tensors;
  std::vector<std::string> warnings;  ///< Complete sentences naming nodes or tensors.
};

/// Nodes compute in the precision of their placement; QUANTIZE and DEQUANTIZE are inserted where
/// representation changes. A tensor keeps the model's name in the representation its producer computes; a
/// converted copy gets the suffix "_int8", "_int16", "_bfloat16" or "_float". `relevant` is of the graph and
/// the calibration. Throws EmptyCalibration when no sample was seen.
Result quantize(const Graph& graph, const calibrate::Calibrator& calibration, const RelevantValues& relevant,
                const QuantizationParams& params);

/// The same with the scales that an already quantized file gives, by tensor name, in place of calibration.
Result quantize(const Graph& graph, const std::map<std::string, QuantParams>& stored,
                const QuantizationParams& params);

}  // namespace octet::quantize
