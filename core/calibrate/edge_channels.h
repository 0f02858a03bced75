// Extremes of single channels, of the tensors that a graph computes last before its outputs: one of them may
// hold boxes in some channels and scores in others.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "calibrate/statistics.h"
#include "ir/graph.h"

namespace octet::calibrate {

/// By axis of a tensor and index along it; no indices for an axis that is not looked at. low > high where
/// nothing finite was seen.
using AxisExtremes = std::vector<std::vector<Extremes>>;

class EdgeChannels {
 public:
  /// Observes what layers with weights and sums and products with a constant compute, where no layer follows
  /// and no activation is fused, which would make some channels small by nature.
  explicit EdgeChannels(const Graph& graph);

  /// Adds one sample's values where the tensor is observed.
  void observe(TensorId id, std::span<const float> values);
  /// Null for tensors that are not observed.
  const AxisExtremes* of(TensorId id) const;

  /// As bytes, for another worker.
  void append_to(Bytes& bytes) const;
  /// Adds what another worker appended, and advances `bytes`. Throws InvalidInput when it is of another
  /// model.
  void merge_from(std::span<const std::byte>& bytes);

 private:
  struct Channels {
    Shape shape;
    AxisExtremes extremes;
  };
  std::map<TensorId, Channels> channels_;
};

}  // namespace octet::calibrate
