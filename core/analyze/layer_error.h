// Error of every node of a quantized graph against the float graph it was made from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "analyze/error_metrics.h"
#include "analyze/integer_range.h"
#include "emulate/executor.h"
#include "ir/graph.h"

namespace octet::analyze {

class ChannelAxes;

/// Of one node.
struct NodeSums {
  /// In the quantized graph as it runs, with the errors of all nodes before.
  ErrorSums accumulated;
  /// Of the node alone: its inputs are the float graph's values in the representation that it reads.
  ErrorSums local;
  /// Squared error that its rounded constants alone make, on exact inputs.
  double weight_noise = 0;
  /// Of values beyond the ends of the output's integers: how many, and their squared distance to the ends.
  uint64_t outside = 0;
  double clipped_noise = 0;
  /// Integers at an end that the float value is more than half a step away from, in the graph as it runs.
  uint64_t saturated = 0;

  static constexpr auto kFields =
      std::tuple(&NodeSums::accumulated, &NodeSums::local, &NodeSums::weight_noise, &NodeSums::outside,
                 &NodeSums::clipped_noise, &NodeSums::saturated);

  void merge(const NodeSums& other);
};

/// Of one channel, a position of an axis of one of a node's outputs.
struct ChannelSums {
  float low = std::numeric_limits<float>::infinity();  ///< Of the float values.
  float high = -std::numeric_limits<float>::infinity();
  uint64_t count = 0;
  double signal = 0;       ///< Sums of squares: of the float values,
  double accumulated = 0;  ///< of their difference to the quantized graph's,
  double local = 0;        ///< and of the node's own.

  static constexpr auto kFields =
      std::tuple(&ChannelSums::low, &ChannelSums::high, &ChannelSums::count, &ChannelSums::signal,
                 &ChannelSums::accumulated, &ChannelSums::local);

  /// One of the float values.
  void add(float value) {
    low = std::min(low, value);
    high = std::max(high, value);
    signal += static_cast<double>(value) * static_cast<double>(value);
    ++count;
  }
  void merge(const ChannelSums& other);
  double largest() const {
    return count == 0 ? 0 : std::max(-static_cast<double>(low), static_cast<double>(high));
  }
  double sqnr_db() const { return analyze::sqnr_db(signal, accumulated); }
  double local_sqnr_db() const { return analyze::sqnr_db(signal, local); }
};

/// What one sample adds to all nodes.
struct SampleSums {
  std::vector<NodeSums> nodes;
  std::vector<ChannelSums> channels;  ///< Of all nodes, one behind the other.
};

/// Of a tensor by position of one of its axes.
struct AxisSums {
  TensorId tensor = TensorId::None;  ///< In the quantized graph.
  int axis = 0;
  std::vector<ChannelSums> channels;
};

/// An output of the model that a node computes.
struct ComparedOutput {
  std::string name;  ///< In the quantized model.
  TensorId tensor;   ///< What is compared, in the quantized graph: before a DEQUANTIZE, say.
};

struct NodeError {
  std::string node;  ///< The name in both graphs.
  OpKind op;
  Unit unit;
  NodeSums sums;
  TensorId output = TensorId::None;  ///< Its first output that is compared and no scalar.
  /// Of that, the last axis first, then the other axes of channels; then of the model's further outputs.
  std::vector<AxisSums> axes = {};
  std::vector<ComparedOutput> outputs = {};  ///< Those of the model among its outputs.
  NodeId float_node = NodeId::None;
  NodeId quantized_node = NodeId::None;
  /// False where BF16 takes part: what weights make is then not told apart.
  bool has_weight_noise = false;

  /// Of `output`, by position of its last axis.
  std::span<const ChannelSums> channels() const {
    return axes.empty() ? std::span<const ChannelSums>() : axes.front().channels;
  }
  /// What is known of the channels of one of the node's outputs.
  std::vector<AxisSums> axes_of(TensorId tensor) const;
};

/// Which nodes are compared.
enum class Compared : uint8_t {
  AllNodes,
  Outputs,  ///< Those that compute outputs of the model, with the errors of all nodes before them only.
};

/// Runs both graphs on the same inputs and compares, in reals, the outputs of the nodes of the same name. A
/// second run of the quantized graph, in which each node's outputs are replaced by the float graph's values
/// before the next node reads them, gives the local errors; a run of the float graph with rounded constants
/// likewise what these alone make. Nodes that compute no reals (indices) are left out.
class LayerErrorAnalyzer {
 public:
  LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                     Compared compared = Compared::AllNodes);
  /// Runs one sample, one span an input of the float graph, and returns its sums for fold(), here or in
  /// another worker.
  SampleSums observe(std::span<const std::span<const std::byte>> inputs);
  /// Adds one sample's sums. In sample order, results are the same bits for any number of workers that
  /// observe. Throws InvalidInput for sums of another model.
  void fold(const SampleSums& sample);
  /// observe() and fold() in one.
  void add(std::span<const std::span<const std::byte>> inputs) { fold(observe(inputs)); }
  /// In network order.
  const std::vector<NodeError>& errors() const { return errors_; }
  const Graph& float_graph() const { return float_.graph(); }
  const Graph& quantized_graph() const { return quantized_.graph(); }

 private:
  /// An axis of a slot.
  struct SlotAxis {
    size_t extent;
    size_t inner;  ///< Elements from one position to the next.
    size_t first;  ///< Where its channels begin among all.
  };
  /// A sum of a channel that differences go to.
  using ChannelSum = double ChannelSums::*;

  void match_outputs(const Graph& float_graph, const Graph& quantized);
  void add_slot(TensorId float_id, TensorId quantized_id, const ChannelAxes& channels);
  void add_axis(TensorId tensor, int axis);  ///< Of the last slot.
  void match_twin();
  void run_float(std::span<const std::span<const std::byte>> inputs, SampleSums& sums);
  void run_quantized(std::span<const std::span<const std::byte>> inputs, SampleSums& sums);
  void run_twin(std::span<const std::span<const std::byte>> inputs, SampleSums& sums);
  /// Adds the difference between a slot's float values and `actual`.
  void compare(size_t slot, std::span<const float> actual, ErrorSums& sums);
  /// Calls `visit` with the channel and index of each element, in the order of elements.
  template <class Visit>
  static void each_element(const SlotAxis& axis, size_t elements, Visit&& visit);
  /// Takes in the float values of a slot.
  void observe_channels(size_t slot, SampleSums& sums) const;
  void compare_channels(size_t slot, std::span<const float> actual, ChannelSum sum, SampleSums& sums) const;
  void look_at_ends(size_t slot, NodeSums& sums) const;
  void count_saturated(size_t slot, std::span<const float> actual, NodeSums& sums) const;
  std::span<const float> reals_of(TensorId id, std::span<const std::byte> contents);

  Compared compared_;
  emulate::Executor float_;
  emulate::Executor quantized_;
  std::unique_ptr<emulate::Executor> twin_;  ///< The float graph with rounded constants; null with BF16.
  std::vector<NodeError> errors_;
  // A slot is a tensor that both graphs compute.
  std::vector<int32_t> float_slot_;                  ///< By float tensor: its slot, or -1.
  std::vector<int32_t> quantized_slot_;              ///< By quantized tensor likewise.
  std::vector<int32_t> twin_slot_;                   ///< By tensor of the twin likewise.
  std::vector<size_t> node_of_slot_;                 ///< Index into errors_.
  std::vector<std::optional<IntegerRange>> ends_;    ///< By slot.
  std::vector<std::vector<SlotAxis>> axes_of_slot_;  ///< By slot: the axes that are looked at.
  size_t channels_ = 0;                              ///< Of all nodes.
  std::vector<std::vector<float>> float_values_;     ///< By slot, of the sample being observed.
  std::vector<float> dequantized_;
};

}  // namespace octet::analyze
