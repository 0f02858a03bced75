// Which ranges of values a tensor joins: boxes and scores that a CONCATENATION puts into one tensor stay two
// parts through all that only moves them. A scale that covers one part may be too coarse for another.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "quantize/ranges/relevant_values.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// Two parts of a tensor that one scale cannot hold, by their largest magnitudes.
struct Mismatch {
  double widest = 0;
  double narrowest = 0;
};

/// True for operators that move, choose or clamp values: what they read in parts, they compute in parts.
bool keeps_parts(const Node& node);

class ValueParts {
 public:
  /// `calibration` is of `graph`, whose nodes are placed, and `relevant` of both. All outlive this.
  ValueParts(const Graph& graph, const calibrate::Calibrator& calibration, const RelevantValues& relevant,
             const QuantizationParams& params);

  /// The parts of the tensor that lie farthest apart, where some part keeps too few steps of the one scale
  /// that integers of `precision` (Int8 or Int16) have, and has more by itself. Parts that are zero in every
  /// sample do not count.
  std::optional<Mismatch> mismatch(TensorId id, Precision precision) const;

 private:
  using PartId = int32_t;

  struct Part {
    calibrate::Range int8;  ///< What calibration chooses for integers of 8 bits, and of 16.
    calibrate::Range int16;
    double fixed_int8 = 0;  ///< The scale that the operator fixes which computes the part, or 0.
    double fixed_int16 = 0;
  };

  /// The parts within one tensor.
  struct Content {
    std::vector<PartId> parts;  ///< Ascending, each once; empty for a tensor that joins nothing.
    Constant places;            ///< By element its part, as int32; null where that is not known.
  };

  /// Finds what the node's outputs hold.
  void follow(const Node& node);
  void move(const Node& node);
  /// Makes parts of the channels of what the graph computes last, where their ranges lie far apart.
  void split_channels(TensorId id);
  /// Runs the node on the parts' numbers in place of values; false where it cannot be run so.
  bool move_places(const Node& node, std::span<const Content> operands, PartId padding);
  bool joins_unequal_parts(const Node& node);
  /// The same of parts that are joined in the tensor, whose values beyond `bounds` do not occur in it.
  std::optional<Mismatch> mismatch_of(std::vector<Part> parts, TensorId id, calibrate::Range bounds,
                                      Precision precision) const;
  /// The one part of a tensor that joins nothing, and that of the value that a node pads with.
  Part part_of(TensorId id) const;
  static Part padding_part(const Node& node);
  PartId number_of(TensorId id);
  Content content_of(TensorId id);
  double fixed_scale(TensorId id, Precision precision) const;

  const Graph& graph_;
  const calibrate::Calibrator& calibration_;
  const RelevantValues& relevant_;
  const QuantizationParams& params_;
  std::map<TensorId, calibrate::Method> own_methods_;
  std::vector<NodeId> producer_;
  std::vector<Part> parts_ = {{}};      ///< By PartId; the first is what counts for nothing: zeros.
  std::map<TensorId, PartId> numbers_;  ///< Of tensors that are one part.
  std::vector<Content> contents_;       ///< By tensor.
};

}  // namespace octet::quantize
