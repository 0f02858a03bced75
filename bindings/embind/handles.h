// What the binding exposes: handles over the core for one worker, and plain values. Nothing is decided here.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis.h"
#include "calibrate/calibrator.h"
#include "emulate/executor.h"
#include "formats/octet/octet_file.h"
#include "partition/partition.h"
#include "quantize/channels/channel_statistics.h"
#include "quantize/prequantized/float_twin.h"
#include "quantize/quantize.h"
#include "quantize/refinement/refinement.h"
#include "quantize/settings/quantization_params.h"
#include "sample.h"
#include "sensitivity.h"

namespace octet::binding {

using emscripten::val;

/// Runs a graph.
class Runner : public Sample {
 public:
  using Sample::Sample;

  /// Runs the sample; returns the contents of each tensor of `tensors`, a list of tensor indices, as
  /// Uint8Arrays.
  val run(const val& tensors);
  /// Runs the sample `runs` times; returns the mean milliseconds of each node, as a Float64Array.
  val profile(int runs);
  /// The contents of a constant, as a Uint8Array. `tensor`: its index.
  val constant(int tensor) const;

 private:
  emulate::Executor& executor();

  std::unique_ptr<emulate::Executor> executor_;  ///< Made when it is first needed.
};

/// Gathers what smooth quant looks at, before calibration.
class Channels : public Sample {
 public:
  explicit Channels(std::shared_ptr<const Graph> graph);

  /// Runs the sample; returns what fold() takes, as a Uint8Array.
  val observe();
  val fold(const val& sample);
  /// What was folded, for Net::calibrate() in every worker.
  val state() const;

 private:
  quantize::ChannelStatistics statistics_;
};

/// Statistics of the samples that this worker is dealt.
class Calibration : public Sample {
 public:
  /// `original`: the graph before nodes were split for the settings.
  Calibration(std::shared_ptr<const Graph> graph, const Graph& original, partition::Target target,
              quantize::QuantizationParams params);

  /// Runs the sample; returns its extremes and what else is noticed for fold(), as a Uint8Array.
  val observe();
  val fold(const val& observed);
  /// What merge() takes in another worker.
  val state();
  val merge(const val& state);
  /// Whether these are the statistics that other settings need.
  val serves(const std::string& settings) const;
  /// A Quantization from these statistics, which must serve the settings.
  val quantization(const std::string& settings) const;

 private:
  bool serves(const quantize::QuantizationParams& params) const;

  partition::Target target_;
  quantize::QuantizationParams params_;
  std::vector<Node> splittable_;  ///< Nodes that settings may split, as they were.
  std::shared_ptr<calibrate::Calibrator> calibrator_;
  calibrate::InputCheck check_;
};

/// A quantized graph in the making: drafts, and the passes over the samples that improve them.
class Quantization : public Sample {
 public:
  Quantization(std::shared_ptr<const Graph> graph, partition::Report report, partition::Target target,
               quantize::QuantizationParams params, std::shared_ptr<const calibrate::Calibrator> calibrator,
               quantize::RelevantValues relevant, std::vector<std::string> warnings);

  /// Quantizes, or takes in what the last pass measured; returns the draft that the next pass measures, or
  /// null when the settings ask for no further pass.
  val draft();
  /// Begins a pass with a draft(), in every worker.
  val begin_pass(const val& draft);
  /// Measures the sample in the pass that was begun; returns an empty Uint8Array.
  val observe();
  /// What merge() takes in another worker, of the pass.
  val state();
  val merge(const val& state);
  /// Of the draft that needs no further pass: {file: a Uint8Array of the bytes of a .octet file, model: the
  /// Model that it holds}. `options`: {"modelName"?, "preprocessing"?, "methods"?, "octetVersion",
  /// "sourceBytes"}.
  val finish(const std::string& options);

 private:
  partition::Report report_;
  partition::Target target_;
  quantize::QuantizationParams params_;
  std::shared_ptr<const calibrate::Calibrator> calibrator_;
  quantize::RelevantValues relevant_;
  std::vector<std::string> warnings_;  ///< About the samples.
  quantize::Refinement refinement_;
  std::optional<quantize::Result> result_;  ///< In the worker that makes drafts.
};

/// A model as its file has it, float or already quantized: prepared and partitioned.
class Net : public Runner {
 public:
  /// `twin`: of an already quantized model.
  Net(std::shared_ptr<const Graph> graph, std::optional<quantize::FloatTwin> twin, partition::Report report,
      partition::Target target, std::vector<std::string> warnings)
      : Runner(std::move(graph)),
        twin_(std::move(twin)),
        report_(std::move(report)),
        target_(target),
        warnings_(std::move(warnings)) {}

  /// `options`: {"target", "anyShapeOnMla", "inputShapes": {input: shape}}.
  static val load(const val& file, const std::string& options);
  val info() const;
  /// JSON: {"settings": with whole names of nodes, "own": {node: {"config"?, "isPrecisionGiven"}}}, the nodes
  /// that the settings name, or a pattern does.
  val resolve(const std::string& settings) const;
  /// How the settings divide the graph over the units, as JSON.
  val partition_with(const std::string& settings) const;
  /// A Channels where the settings need one before calibrate(), else null.
  val channels(const std::string& settings) const;
  /// A Calibration. `channels`: what was seen of them, empty where the settings need none.
  val calibrate(const std::string& settings, const val& channels) const;
  /// An already quantized model, as Quantization::finish() returns it. `options`: {"requantization",
  /// "modelName"?, "octetVersion", "sourceBytes"}.
  val convert(const std::string& options) const;

 private:
  /// The float graph with what the settings change in it before samples are seen. Throws where they ask for
  /// what the target has not.
  Graph equalized(const quantize::QuantizationParams& params) const;

  std::optional<quantize::FloatTwin> twin_;
  partition::Report report_;  ///< Of the twin where there is one.
  partition::Target target_;
  std::vector<std::string> warnings_;
};

/// The float model that a quantized one was made from, and is compared with.
class FloatModel : public Runner {
 public:
  using Runner::Runner;

  val info() const;
};

/// A quantized model: what a .octet file holds.
class Model : public Runner {
 public:
  Model(std::shared_ptr<const Graph> quantized, formats::octet_file::Contents contents);

  static val load(const val& file);
  val info() const;
  val to_tflite(const std::string& io_type) const;
  /// A list of sentences; an empty `io_type` stands for any.
  val export_notes(const std::string& io_type) const;
  /// An Analysis of all nodes.
  val analyze() const;
  /// An Analysis of the outputs alone; null where the file was saved without the float model.
  val analyze_outputs() const;
  /// A FloatModel.
  val float_model() const;
  /// A Sensitivity. `each_weights`: the weights of each node by themselves, not those of all together.
  val sensitivity(bool each_weights) const;

 protected:
  std::vector<std::optional<calibrate::Range>> calibrated() const override;

 private:
  /// Throws where the file was saved without it.
  const std::shared_ptr<const Graph>& float_graph() const;

  formats::octet_file::Contents contents_;
  std::shared_ptr<const Graph> float_graph_;
};

/// {file, model}: a Uint8Array of the bytes of a .octet file, and the Model that it holds.
val finished(formats::octet_file::Contents contents);

/// "tflite" or "octet": what a file is that begins so.
val format_of(const val& beginning);

/// What every operator supports on every target, as JSON.
val supported_operators();

/// The side module (relaxed/), as a Uint8Array.
val side_module();
/// Takes into use the side module's function of that name, which is at `index` of the table; false where it
/// is not exact here.
bool use_side_function(const std::string& name, int index);

}  // namespace octet::binding
