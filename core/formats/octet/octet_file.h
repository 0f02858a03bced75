// .octet: the quantized graph with all that is needed to go on working with it. Schema: schemas/octet.fbs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/sink.h"
#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::formats::octet_file {

/// Raised when older readers would misunderstand a file: 2 has constants of 4 bits. A file says the lowest
/// version that it can be read as.
inline constexpr uint32_t kFormatVersion = 2;

/// The smallest and largest value of an input in calibration.
struct InputRange {
  size_t input;  ///< Its place among the inputs.
  double low;
  double high;

  friend bool operator==(const InputRange&, const InputRange&) = default;
};

/// What a file holds. JSON strings are the same documents as in the JavaScript API.
struct Contents {
  Graph quantized;
  Graph float_graph;  ///< The prepared float graph; empty (no nodes) when saved without it.
  ops::TargetId target = ops::TargetId::Gen1;
  std::string settings_json;       ///< QuantizationParams.
  std::string preprocessing_json;  ///< How images become inputs; empty when unknown.
  std::string report_json;         ///< The quantization report: ranges, warnings, provenance. To be shown.
  // Files of before they were kept say none of these.
  bool any_shape_on_mla = false;             ///< Tensors that are not 4-D were let on the MLA.
  std::vector<InputRange> input_ranges;      ///< Of the inputs that were calibrated.
  std::vector<std::string> partition_notes;  ///< partition::Report::notes
  std::string transforms_json;               ///< What an auxiliary network was made from; empty for others.
  uint64_t source_bytes = 0;                 ///< Of the file that the model was loaded from.
  uint64_t calibration_samples = 0;
};

/// The file is written into memory once; a copy is up to `sink`.
void write(const Contents& contents, const Sink& sink);
Bytes write(const Contents& contents);
/// Verified before reading, as in formats/tflite; large constants stay where they are in the file, too.
/// Throws InvalidFile.
Contents read(Bytes file);

}  // namespace octet::formats::octet_file
