// What the nodes with integer weights read: means of their inputs in the float and in the quantized graph,
// and second moments. All sums are integers, so that they do not depend on the order of samples, nor on how
// these were dealt to workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emulate/executor.h"
#include "ir/graph.h"
#include "quantize/refinement/im2col.h"

namespace octet::quantize {

/// A range of features whose products are kept: all of a group, or a part of it where a group has too many.
struct FeatureBlock {
  size_t first;
  size_t count;
};

/// Moments of the inputs of one node over its patches, in steps of the quantized input.
struct NodeMoments {
  NodeId source;     ///< The node in the float graph.
  NodeId quantized;  ///< The node in the quantized graph.
  Patches patches;
  std::vector<FeatureBlock> blocks = {};  ///< Ascending; together they are all features.
  int64_t count = 0;                      ///< Patches seen.
  // Each is zero or empty where it was not asked for.
  std::vector<int64_t> sums = {};        ///< By feature: of integers less their zero point.
  std::vector<int64_t> float_sums = {};  ///< By feature: of the float values, in 1/256 steps.
  /// Block by block, the lower triangle of a square: of products of two features. Of INT16 inputs the upper
  /// byte counts alone, whose products fit the same sums.
  std::vector<int64_t> products = {};
  /// By feature: sums of the factors of `products`; of INT16 inputs they are not `sums`.
  std::vector<int64_t> factor_sums = {};

  double mean(size_t feature) const {
    return static_cast<double>(sums[feature]) / static_cast<double>(count);
  }
  double float_mean(size_t feature) const {
    return static_cast<double>(float_sums[feature]) / (256.0 * static_cast<double>(count));
  }
};

/// What is asked for. A graph that nothing of it comes from is not run.
struct WantedMoments {
  bool float_sums = false;
  bool sums = false;
  bool products = false;  ///< Their factors' sums with them.

  bool of_quantized() const { return sums || products; }
};

class InputMoments {
 public:
  /// `quantized` was made from `source` and has its nodes by the same names.
  InputMoments(const std::shared_ptr<const Graph>& source, std::shared_ptr<const Graph> quantized,
               WantedMoments wanted);

  /// Runs one sample, one span an input, through the graphs.
  void observe(std::span<const std::span<const std::byte>> inputs);
  /// Appends the sums of this worker, for merge() elsewhere.
  void append_to(Bytes& state) const;
  /// Adds what another worker appended. Exact. Throws InvalidInput when it is of another model.
  void merge(std::span<const std::byte> state);

  const std::vector<NodeMoments>& nodes() const { return nodes_; }

 private:
  void add_float(NodeMoments& node, std::span<const float> input);
  template <class T>
  void add_integers(NodeMoments& node, std::span<const T> input);

  WantedMoments wanted_;
  std::shared_ptr<const Graph> graph_;  ///< The quantized one.
  std::optional<emulate::Executor> float_;
  std::optional<emulate::Executor> quantized_;
  std::vector<NodeMoments> nodes_;
  std::vector<std::vector<size_t>> float_readers_;  ///< By tensor: the nodes (in nodes_) that read it.
  std::vector<std::vector<size_t>> quantized_readers_;
  std::vector<int16_t> integer_rows_;
};

}  // namespace octet::quantize
