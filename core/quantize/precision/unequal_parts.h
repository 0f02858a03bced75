// Which nodes are not to compute in INT8, or in INT16, because they join values that one scale of it cannot
// hold together, as boxes up to 640 and scores up to 1: a scale that covers the boxes makes one value of all
// scores. Ranges are known only after calibration, so these nodes are placed anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "partition/target.h"
#include "quantize/ranges/relevant_values.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// What a node computes in instead, and the sentence that says why.
struct Relocation {
  Precision precision;
  std::string reason;
};

struct Relocations {
  std::vector<std::optional<Relocation>> by_node;
  std::vector<std::string>
      notes;  ///< Sentences about nodes in INT16, and those that have to stay as they are.

  bool empty() const;
};

/// `graph` is placed as without calibration, which is of it; `relevant` is of both.
///
/// Where nothing but such moving lies between the joining and the model's outputs, all of that stays in
/// float, as the outputs are: each part is dequantized by its own scale. Elsewhere the nodes that join, move
/// and read the parts compute in INT16, which costs no segment and two bytes a value; in float only where
/// INT16 is too coarse too, or the target does not run them in it. Nodes whose precision the settings give
/// keep it.
Relocations relocate_unequal_parts(const Graph& graph, const partition::Target& target,
                                   const calibrate::Calibrator& calibration, const RelevantValues& relevant,
                                   const QuantizationParams& params);

}  // namespace octet::quantize
