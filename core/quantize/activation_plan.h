// Chooses scale and zero point of every activation that will be an integer.
//
// Operators tie tensors together: what is pooled, reshaped or concatenated keeps one scale, so that moving
// values costs no arithmetic. Tied tensors form a group; a group's range is the union of the ranges of the
// values computed into it.
#pragma once

#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "ops/operator.h"
#include "quantize/params.h"

namespace octet::quantize {

class ActivationPlan {
 public:
  /// `graph` is prepared and partitioned. Appends a sentence to `warnings` for each tensor that was never
  /// reached, was always zero or held non-finite values.
  ActivationPlan(const Graph& graph, const calibrate::Calibrator& calibration,
                 const QuantizationParams& params, std::vector<std::string>& warnings);

  /// True for tensors that some integer node reads or computes as INT8.
  bool is_quantized(TensorId id) const { return quantized_[index(id)]; }
  const QuantParams& of(TensorId id) const { return groups_[root(index(id))].params; }
  /// The range the calibration method chose for the group of `id`.
  calibrate::Range range(TensorId id) const { return groups_[root(index(id))].range; }
  /// Doubles the scale of the group; false when its scale is fixed by an operator.
  bool double_scale(TensorId id);

 private:
  struct Group {
    calibrate::Range range;
    bool fixed = false;
    QuantParams params;
  };

  size_t root(size_t tensor) const;
  void unite(TensorId a, TensorId b);
  void mark_quantized(const Graph& graph);
  void form_groups(const Graph& graph);
  void tie_all(const Graph& graph, const Node& node);
  void widen(TensorId id, calibrate::Range range);
  void add_ranges(const Graph& graph, const calibrate::Calibrator& calibration,
                  const QuantizationParams& params, std::vector<std::string>& warnings);

  std::vector<bool> quantized_;
  std::vector<size_t> parent_;  ///< Union-find over tensors.
  std::vector<Group> groups_;   ///< Meaningful at roots.
};

/// Parameters for INT8 whose integers cover `range`, which contains zero; zero is represented exactly.
QuantParams int8_params(calibrate::Range range, bool asymmetric);

/// True for a node that computes in integers.
inline bool is_integer(const Node& node) { return node.placement.unit == Unit::Mla; }

}  // namespace octet::quantize
