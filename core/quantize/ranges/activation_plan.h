// Chooses scale and zero point of every activation that will be an integer.
//
// Operators tie tensors together: what is pooled, reshaped or concatenated keeps one scale, so that moving
// values costs no arithmetic. Tied tensors form a group; a group's range is the union of the ranges of the
// values computed into it. A tensor that INT8 and INT16 nodes share has parameters in each precision, and
// belongs to a group of each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "ir/graph.h"
#include "ops/operator.h"
#include "quantize/ranges/relevant_values.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

class ActivationPlan {
 public:
  /// `graph` is prepared and partitioned; `relevant` is of it and the calibration. Appends a sentence to
  /// `warnings` for each tensor that was never reached, was always zero or held non-finite values.
  ActivationPlan(const Graph& graph, const calibrate::Calibrator& calibration, RelevantValues relevant,
                 const QuantizationParams& params, std::vector<std::string>& warnings);

  /// The scales of an already quantized file in place of calibration, by tensor name. A group keeps the
  /// file's parameters where all of its tensors agree, else it covers the ranges of all.
  ActivationPlan(const Graph& graph, const std::map<std::string, QuantParams>& stored);

  /// True for tensors that some node reads or computes as integers of `precision` (Int8 or Int16).
  bool is_quantized(TensorId id, Precision precision) const { return quantized_[slot(id, precision)]; }
  const QuantParams& of(TensorId id, Precision precision) const { return group(id, precision).params; }
  /// The range the calibration method chose for the group of `id`.
  calibrate::Range range(TensorId id, Precision precision) const { return group(id, precision).range; }
  /// Which values make a difference; of those beyond, scales only tell that they are.
  const RelevantValues& relevant() const { return relevant_; }
  /// Doubles the scale of the group; false when its scale is fixed by an operator.
  bool double_scale(TensorId id, Precision precision);
  /// True where two tensors have one scale, so that raising it changes nothing between them.
  bool share_scale(TensorId a, TensorId b, Precision precision) const {
    return root(slot(a, precision)) == root(slot(b, precision));
  }

 private:
  struct Group {
    calibrate::Range range;
    bool fixed = false;
    bool asymmetric = true;  ///< In INT8.
    QuantParams params;
  };

  static size_t slot(TensorId id, Precision precision) {
    return 2 * index(id) + (precision == Precision::Int16 ? 1 : 0);
  }
  size_t root(size_t slot) const;
  const Group& group(TensorId id, Precision precision) const { return groups_[root(slot(id, precision))]; }
  Group& group(TensorId id, Precision precision) { return groups_[root(slot(id, precision))]; }
  void unite(TensorId a, TensorId b, Precision precision);
  /// Nodes of `untied`, by node, keep a scale for each of their tensors; empty where none does.
  ActivationPlan(const Graph& graph, RelevantValues relevant, std::vector<bool> untied = {});
  void choose_params();
  void mark_quantized(const Graph& graph);
  void form_groups(const Graph& graph);
  void tie_all(const Graph& graph, const Node& node);
  void widen(TensorId id, Precision precision, calibrate::Range range);
  /// Marks the outputs of operators that move or select values, and adds the ranges of their constants.
  std::vector<bool> add_moved_ranges(const Graph& graph);
  /// By node: those whose tensors had better not share a scale, as one of their group would keep hardly any
  /// of its steps. Empty where there is none.
  std::vector<bool> unequal_ties(const Graph& graph, const calibrate::Calibrator& calibration,
                                 const QuantizationParams& params) const;
  /// True where the node's tensors have one scale because it moves values.
  bool ties(const Graph& graph, const Node& node) const;
  /// Says of each group whether it may have a zero point: as for all, or as the nodes with a scheme of their
  /// own say that compute its tensors. Of those that differ the symmetric one decides.
  void choose_symmetry(const Graph& graph, const QuantizationParams& params);
  calibrate::Range own_range(TensorId id, Precision precision, const calibrate::TensorStatistics& statistics,
                             const calibrate::Method& method) const;
  void add_ranges(const Graph& graph, const calibrate::Calibrator& calibration,
                  const QuantizationParams& params, std::vector<std::string>& warnings);

  RelevantValues relevant_;
  std::vector<bool> untied_;     ///< By node, or empty.
  std::vector<bool> quantized_;  ///< By slot, as what follows.
  std::vector<size_t> parent_;   ///< Union-find.
  std::vector<Group> groups_;    ///< Meaningful at roots.
};

}  // namespace octet::quantize
