// How much of the noise at a net's outputs each rounding makes: of each tensor to 8 bits, and of each layer's
// weights. Each is done alone, in the float graph, whose other tensors stay as they are; only what lies
// behind is run again. Such noises are small and hardly depend on each other, so that those of several
// roundings nearly add up.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "emulate/executor.h"
#include "emulate/replay.h"
#include "ir/graph.h"
#include "ir/quant_params.h"
#include "quantize/noise/adjoint.h"

namespace octet::quantize {

/// A place where reals are rounded.
struct NoiseSource {
  /// Whose weights, or None for those of all nodes; whose output, or None for an input of the graph.
  NodeId node = NodeId::None;
  TensorId tensor = TensorId::None;  ///< None for weights.
  /// Who reads the tensor rounded; empty for all, and the graph's outputs.
  std::vector<NodeId> readers = {};
};

/// The sources of one tensor, as indices into RoundingNoise::sources().
struct TensorSources {
  struct Reader {
    NodeId node;
    size_t source;
  };
  TensorId tensor;
  NodeId producer;
  /// Rounding where it is computed, for all readers at once; absent where the tensor is not rounded there: an
  /// input of the graph, or values that were rounded before and are only moved.
  std::optional<size_t> where_computed;
  std::vector<Reader> where_read;  ///< Rounding for one reader alone, by node that reads it in INT8.
};

class RoundingNoise {
 public:
  /// Whether the weights of each node are a source, or those of all nodes are one.
  enum class Weights : uint8_t { Each, Together };

  /// `draft` was made from `graph` and has its nodes by the same names; what is INT8 in it is a source.
  RoundingNoise(std::shared_ptr<const Graph> graph, std::shared_ptr<const Graph> draft, Weights weights);

  const Graph& graph() const { return *graph_; }
  const std::vector<NoiseSource>& sources() const { return sources_; }
  const std::vector<TensorSources>& tensors() const { return tensors_; }
  /// By node: whether it computes in INT8 in the draft.
  const std::vector<bool>& int8_nodes() const { return int8_; }

  /// Runs one sample, one span an input of the graph, through the graph and the draft, and returns the noise
  /// that all roundings together make, by output: what tells which samples to observe.
  std::vector<double> total(std::span<const std::span<const std::byte>> inputs);
  /// Runs one sample and returns its squared sums for fold(): by source and
  /// output its noise, then by output the signal.
  std::vector<double> observe(std::span<const std::span<const std::byte>> inputs);
  /// The same by an estimate that takes a few passes, not one for each source: signs at random at an output
  /// are taken back through the net, and meet what each source rounds. Errors of different channels are taken
  /// for independent. Looks at `count` outputs from `first` on, going round, and counts them for all. Throws
  /// UnsupportedOperator where an operator has no derivative.
  std::vector<double> estimate(std::span<const std::span<const std::byte>> inputs, size_t first,
                               size_t count);
  /// Adds the next sample. In sample order, results are the same bits for any number of workers that observe.
  /// Throws InvalidInput when it is of another model.
  void fold(std::span<const double> sample);

  /// Sum of squared differences at output `output` that the source alone makes, and of the output's squares.
  /// Outputs that are not measured have neither.
  double noise(size_t source, size_t output) const { return sums_[at(source, output)]; }
  double signal(size_t output) const { return sums_[at(sources_.size(), output)]; }
  /// By source and output: the source's part of all noise at the output, as a mean over the samples. One with
  /// much more noise than others counts little more than they, or else it alone would tell.
  std::vector<double> parts() const;
  size_t at(size_t source, size_t output) const { return source * outputs() + output; }
  size_t outputs() const { return graph_->outputs.size(); }
  /// True for outputs that are float32 and computed: no rounding moves one that is a constant or an input.
  bool is_measured(size_t output) const { return measured_[output]; }
  /// How many were folded.
  size_t samples() const { return samples_.size(); }
  /// True for what is rounded where it is computed, for weights, and for inputs of the graph.
  bool is_own(size_t source) const;

 private:
  /// What a node rounds a tensor with that it computes or reads; null where it does not.
  using ParamsOf = std::function<const QuantParams*(NodeId, TensorId)>;

  void add_tensor(TensorId id, NodeId producer, const std::vector<NodeId>& readers,
                  const ParamsOf& params_of);
  void add_weights(const Graph& draft, Weights weights);
  std::vector<const ops::Kernel*> kernels_of(NodeId node) const;
  size_t add_source(NoiseSource source, std::optional<QuantParams> params);
  void add_noise(std::vector<double>& sums, size_t source);
  void add_signal(std::vector<double>& sums) const;
  /// `reals_` becomes what the source's tensor is rounded to.
  void round(size_t source);
  /// Fills changes_: what each source adds where it rounds, a tensor, or the output of the node whose weights
  /// it is of.
  void find_changes();
  TensorId changed_tensor(size_t source) const;

  std::shared_ptr<const Graph> graph_;
  emulate::Replay replay_;
  emulate::Executor draft_;
  std::unique_ptr<Adjoint> adjoint_;  ///< Made when it is first needed.
  std::vector<NoiseSource> sources_;
  std::vector<std::optional<QuantParams>> params_;  ///< By source: what a tensor is rounded with.
  std::vector<TensorSources> tensors_;
  std::vector<bool> int8_;
  std::vector<bool> measured_;                         ///< By output.
  std::vector<std::unique_ptr<ops::Kernel>> rounded_;  ///< By node: the kernel with the draft's weights.
  std::vector<std::vector<double>> samples_;           ///< What was folded.
  std::vector<double> sums_;                           ///< Of all samples.
  std::vector<std::vector<float>> changes_;            ///< By source, of the sample that is estimated with.
  std::vector<int8_t> integers_;
  std::vector<float> reals_;
};

}  // namespace octet::quantize
