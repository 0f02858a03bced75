// A quantized model: what a .octet file holds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/octet/octet_file.h"
#include "formats/sink.h"
#include "formats/tflite/writer.h"
#include "pipeline/analysis_pass.h"
#include "pipeline/runner.h"
#include "pipeline/sensitivity_pass.h"
#include "quantize/quantize.h"

namespace octet::pipeline {

class QuantizedModel : public Runner {
 public:
  /// Throws InvalidFile, or UnsupportedModel for a file of a newer version.
  static std::shared_ptr<QuantizedModel> load(Bytes file);
  /// A model that was made just now, whose file goes to `sink`.
  static std::shared_ptr<QuantizedModel> made(formats::octet_file::Contents contents,
                                              const formats::Sink& sink);

  const formats::octet_file::Contents& contents() const { return *contents_; }
  /// {"graph", "partition", "target", "settings", "preprocessing", "report"}: null for what the file has not.
  /// Throws InvalidFile where one of its documents is not JSON.
  std::string info() const override;
  /// The model as .tflite. Throws UnsupportedModel where it cannot be one.
  void to_tflite(formats::tflite::IoType io, const formats::Sink& sink) const;
  /// A JSON list of sentences about what that file is other than the model; without a type, for any.
  std::string export_notes(std::optional<formats::tflite::IoType> io) const;

  // What compares with the float model throws InvalidInput where the file was saved without it.
  std::shared_ptr<Runner> float_model() const;
  /// Compares all nodes.
  std::shared_ptr<AnalysisPass> analyze() const;
  /// Compares the outputs alone; null where the file was saved without the float model.
  std::shared_ptr<AnalysisPass> analyze_outputs() const;
  /// `each_weights`: the weights of each node by themselves, not those of all together.
  std::shared_ptr<SensitivityPass> sensitivity(bool each_weights) const;

  /// Use load() or made(). `subject`: of the file.
  QuantizedModel(std::shared_ptr<const formats::octet_file::Contents> contents, Subject subject);

 protected:
  std::vector<std::optional<calibrate::Range>> calibrated() const override;

 private:
  /// How the float graph is divided over the units.
  std::string partition() const;
  /// Throws where the file was saved without it.
  std::shared_ptr<const Graph> float_graph() const;

  std::shared_ptr<const formats::octet_file::Contents> contents_;
};

/// What calibration saw of the inputs of a quantized graph, as far as they were calibrated.
std::vector<formats::octet_file::InputRange> input_ranges(const quantize::Result& result);

/// "float32", "int8" or "int16". Throws InvalidConfig for other names.
formats::tflite::IoType io_type_from_string(std::string_view name);

}  // namespace octet::pipeline
