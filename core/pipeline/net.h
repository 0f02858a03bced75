// A model as its file has it, float or already quantized: read, prepared and partitioned. All that becomes of
// it begins here.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "partition/partition.h"
#include "pipeline/calibration_pass.h"
#include "pipeline/channel_pass.h"
#include "pipeline/options.h"
#include "pipeline/origin.h"
#include "pipeline/runner.h"
#include "quantize/prequantized/float_twin.h"
#include "quantize/settings/quantization_params.h"

namespace octet::pipeline {

class Net : public Runner {
 public:
  /// Throws InvalidFile, UnsupportedModel, UnsupportedOperator or InvalidShape, as the file's reader does.
  static std::shared_ptr<Net> load(Bytes file, const LoadOptions& options);
  /// The same of a model whose constants are in other files: `paths`, as external_files() names them, and
  /// what each holds.
  static std::shared_ptr<Net> load_with_external_data(Bytes file, LoadOptions options,
                                                      const std::vector<std::string>& paths,
                                                      std::vector<Bytes> contents);

  /// {"graph", "partition", "quantized": whether it is already, "warnings", "defaultRequantization"}.
  std::string info() const override;
  /// Writes the net, float or already quantized, as a .tflite file. Throws UnsupportedModel naming a node
  /// where nothing that TFLite has stands for it.
  void to_tflite(const formats::Sink& sink) const;
  /// {"settings": with whole names of nodes, "own": {node: {"config"?, "isPrecisionGiven"}}}, the nodes that
  /// the settings name, or a pattern does. Throws InvalidConfig where a name is short for several nodes.
  std::string resolve(const quantize::QuantizationParams& params) const;
  /// How the settings divide the graph over the units, as analyze::partition_json() has it.
  std::string partition_with(const quantize::QuantizationParams& params) const;

  /// The pass that the settings need before calibrate(), null where they need none. Throws as calibrate().
  std::shared_ptr<ChannelPass> channels(const quantize::QuantizationParams& params) const;
  /// Begins to calibrate. `channels`: the state of the pass of channels(), empty where there is none. Throws
  /// InvalidInput where the net is already quantized, InvalidConfig where the target lacks what is asked for.
  std::shared_ptr<CalibrationPass> calibrate(const quantize::QuantizationParams& params,
                                             std::span<const std::byte> channels) const;
  /// A model of an already quantized net; writes its file, too. Throws InvalidInput where it is float.
  std::shared_ptr<QuantizedModel> convert(const ConvertOptions& options, const formats::Sink& sink) const;

  /// `twin`: of an already quantized model. Use load().
  Net(std::shared_ptr<const Graph> graph, std::optional<quantize::FloatTwin> twin, partition::Report report,
      const Origin& origin, std::vector<std::string> warnings);

 private:
  /// The float graph with what the settings change in it before samples are seen. Throws where they ask for
  /// what the target has not.
  Graph changed_before_samples(const quantize::QuantizationParams& params) const;

  std::optional<quantize::FloatTwin> twin_;
  partition::Report report_;  ///< Of the twin where there is one.
  Origin origin_;
  std::vector<std::string> warnings_;
};

}  // namespace octet::pipeline
