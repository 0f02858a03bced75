// Runs samples through the float graph and gathers statistics of every float tensor.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "calibrate/edge_channels.h"
#include "calibrate/method.h"
#include "calibrate/statistics.h"
#include "emulate/executor.h"
#include "ir/graph.h"

namespace octet::calibrate {

class Calibrator {
 public:
  /// Keeps what `method` will look at, and for single tensors what their `own` methods will.
  Calibrator(std::shared_ptr<const Graph> graph, const Method& method,
             const std::map<TensorId, Method>& own = {});

  /// Runs one sample (one span an input, in graph order) and returns the extremes of each observed tensor, in
  /// the order of observed(). Throws InvalidInput for a wrong size.
  std::vector<Extremes> observe(std::span<const std::span<const std::byte>> inputs);
  /// Folds the extremes of the next sample, in sample order, into the moving averages and counts the sample.
  void fold(std::span<const Extremes> extremes);
  /// Frees what running samples takes; observe() makes it anew.
  void rest() { executor_.reset(); }
  /// Appends the statistics of this worker, for merge() elsewhere.
  void append_to(Bytes& state) const;
  /// Adds what another worker appended, all of it or nothing; moving averages and the sample count come from
  /// fold() alone. Throws InvalidInput when it is damaged, or of another model.
  void merge(std::span<const std::byte> state);

  /// The non-constant float tensors of the graph.
  const std::vector<TensorId>& observed() const { return observed_; }
  const TensorStatistics& statistics(TensorId id) const;
  /// Of a tensor that an operator compares within rows; of others no row has counted.
  const RowStatistics& rows(TensorId id) const { return rows_[slot_of(id)].statistics; }
  /// Extremes of the channels of what the graph computes last.
  const EdgeChannels& edge_channels() const { return edge_channels_; }
  uint64_t samples() const { return samples_; }
  const Graph& graph() const { return *graph_; }

 private:
  struct Rows {
    size_t length = 0;  ///< 0 where nothing compares within them.
    RowStatistics statistics;
  };

  /// Index of an observed tensor; throws Internal for another.
  size_t slot_of(TensorId id) const;

  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<emulate::Executor> executor_;  ///< Null while at rest.
  std::vector<TensorId> observed_;
  std::vector<double> averaging_;  ///< By slot: the constant of the moving average.
  std::vector<int32_t> slot_;      ///< By tensor: index into statistics_, or -1.
  std::vector<TensorStatistics> statistics_;
  std::vector<Rows> rows_;  ///< By slot.
  EdgeChannels edge_channels_;
  uint64_t samples_ = 0;
};

}  // namespace octet::calibrate
