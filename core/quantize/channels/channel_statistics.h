// What bias absorption and smooth quant look at: the values that each channel takes on the samples.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "emulate/executor.h"
#include "ir/graph.h"
#include "ir/tensor.h"

namespace octet::quantize {

/// One channel of one tensor in one sample. A channel with values that are not finite counts as zeros.
struct ChannelExtent {
  float low = 0;
  float high = 0;
  float mean = 0;
  float mean_square = 0;

  static constexpr auto kFields = std::tuple(&ChannelExtent::low, &ChannelExtent::high, &ChannelExtent::mean,
                                             &ChannelExtent::mean_square);
};

/// Over all samples.
struct ChannelTotal {
  double low = 0;
  double high = 0;
  double mean = 0;
  double mean_square = 0;
  /// The largest magnitudes of the samples, of the largest three, descending; 0 where there are fewer.
  std::array<double, 3> magnitudes = {};

  static constexpr auto kFields = std::tuple(&ChannelTotal::low, &ChannelTotal::high, &ChannelTotal::mean,
                                             &ChannelTotal::mean_square, &ChannelTotal::magnitudes);

  /// The largest magnitude.
  double largest() const { return std::max(-low, high); }
};

class ChannelStatistics {
 public:
  /// Observes the tensors of `graph` that lie between layers whose channels can be scaled.
  explicit ChannelStatistics(std::shared_ptr<const Graph> graph);

  /// Runs one sample, one span an input, and returns what fold() takes. Throws InvalidInput for a wrong size.
  std::vector<ChannelExtent> observe(std::span<const std::span<const std::byte>> inputs);
  /// Adds the next sample. In sample order, results are the same bits for any number of workers that observe.
  void fold(std::span<const ChannelExtent> sample);

  /// The channels of a tensor, empty for one that is not observed.
  std::span<const ChannelTotal> channels(TensorId id) const;
  /// Of a graph whose channel `channel` of the tensor is smaller by `offset`.
  void shift(TensorId id, size_t channel, double offset);
  const Graph& graph() const { return *graph_; }

  /// Appends what was folded, for restore() in another worker.
  void append_to(Bytes& state) const;
  /// Throws InvalidInput when the state is of another model.
  void restore(std::span<const std::byte> state);

 private:
  std::shared_ptr<const Graph> graph_;
  std::optional<emulate::Executor> executor_;  ///< Made for the first sample; restore() needs none.
  std::vector<size_t> first_;                  ///< By tensor: its first channel in totals_.
  std::vector<size_t> count_;                  ///< By tensor: its channels, 0 where it is not observed.
  std::vector<ChannelTotal> totals_;
  uint64_t samples_ = 0;
};

}  // namespace octet::quantize
