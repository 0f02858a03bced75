// The only EMSCRIPTEN_BINDINGS: the core's pipeline as JavaScript sees it. What may cross and as what,
// values.h says; bindings/js/src/worker/core.ts has the types.
#include <emscripten/bind.h>

#include "analyze/graph_json.h"
#include "call.h"
#include "files.h"
#include "formats/onnx/operators.h"
#include "formats/open/open.h"
#include "pipeline/auxiliary.h"
#include "pipeline/net.h"
#include "side_module.h"

EMSCRIPTEN_BINDINGS(octet) {
  using namespace emscripten;
  using namespace octet;
  using namespace octet::binding;
  using namespace octet::pipeline;

  class_<Sample>("Sample")
      .smart_ptr<std::shared_ptr<Sample>>("SamplePointer")
      .function("input", &input)
      .function("setImage", &set_image)
      .function("noticed", &Call<&Sample::noticed>::from)
      .function("digest", &Call<&Sample::digest>::from)
      .function("inputWarnings", &Call<&Sample::input_warnings>::from);
  class_<Runner, base<Sample>>("Runner")
      .smart_ptr<std::shared_ptr<Runner>>("RunnerPointer")
      .function("run", &run)
      .function("constant", &Call<&Runner::constant>::from)
      .function("profile", &Call<&Runner::profile>::from)
      .function("info", &Call<&Runner::info>::from);
  class_<ChannelPass, base<Sample>>("ChannelPass")
      .smart_ptr<std::shared_ptr<ChannelPass>>("ChannelPassPointer")
      .function("observe", &Call<&ChannelPass::observe>::from)
      .function("fold", &Call<&ChannelPass::fold>::from)
      .function("state", &Call<&ChannelPass::state>::from);
  class_<CalibrationPass, base<Sample>>("CalibrationPass")
      .smart_ptr<std::shared_ptr<CalibrationPass>>("CalibrationPassPointer")
      .function("observe", &Call<&CalibrationPass::observe>::from)
      .function("fold", &Call<&CalibrationPass::fold>::from)
      .function("state", &Call<&CalibrationPass::state>::from)
      .function("merge", &Call<&CalibrationPass::merge>::from)
      .function("serves", &Call<&CalibrationPass::serves>::from)
      .function("quantization", &Call<&CalibrationPass::quantization>::from);
  class_<QuantizationPasses, base<Sample>>("QuantizationPasses")
      .smart_ptr<std::shared_ptr<QuantizationPasses>>("QuantizationPassesPointer")
      .function("draft", &draft)
      .function("beginPass", &Call<&QuantizationPasses::begin_pass>::from)
      .function("observe", &Call<&QuantizationPasses::observe>::from)
      .function("state", &Call<&QuantizationPasses::state>::from)
      .function("merge", &Call<&QuantizationPasses::merge>::from)
      .function("finish", &finish);
  class_<Net, base<Runner>>("Net")
      .smart_ptr<std::shared_ptr<Net>>("NetPointer")
      .function("resolve", &Call<&Net::resolve>::from)
      .function("partitionWith", &Call<&Net::partition_with>::from)
      .function("channels", &Call<&Net::channels>::from)
      .function("calibrate", &Call<&Net::calibrate>::from)
      .function("toTFLite", &net_to_tflite)
      .function("convert", &convert);
  class_<AnalysisPass, base<Sample>>("AnalysisPass")
      .smart_ptr<std::shared_ptr<AnalysisPass>>("AnalysisPassPointer")
      .function("observe", &Call<&AnalysisPass::observe>::from)
      .function("fold", &Call<&AnalysisPass::fold>::from)
      .function("errors", &Call<&AnalysisPass::errors>::from);
  class_<SensitivityPass, base<Sample>>("SensitivityPass")
      .smart_ptr<std::shared_ptr<SensitivityPass>>("SensitivityPassPointer")
      .function("total", &Call<&SensitivityPass::total>::from)
      .function("observe", &Call<&SensitivityPass::observe>::from)
      .function("estimate", &Call<&SensitivityPass::estimate>::from)
      .function("fold", &Call<&SensitivityPass::fold>::from)
      .function("ranking", &Call<&SensitivityPass::ranking>::from)
      .function("searchWithin", &Call<&SensitivityPass::search_within>::from)
      .function("searchSteps", &Call<&SensitivityPass::search_steps>::from)
      .function("searchAll", &Call<&SensitivityPass::search_all>::from)
      .function("advance", &Call<&SensitivityPass::advance>::from)
      .function("int16Nodes", &Call<&SensitivityPass::int16_nodes>::from)
      .function("int16Steps", &Call<&SensitivityPass::int16_steps>::from);
  class_<QuantizedModel, base<Runner>>("QuantizedModel")
      .smart_ptr<std::shared_ptr<QuantizedModel>>("QuantizedModelPointer")
      .function("toTFLite", &to_tflite)
      .function("exportNotes", &Call<&QuantizedModel::export_notes>::from)
      .function("analyze", &Call<&QuantizedModel::analyze>::from)
      .function("analyzeOutputs", &Call<&QuantizedModel::analyze_outputs>::from)
      .function("floatModel", &Call<&QuantizedModel::float_model>::from)
      .function("sensitivity", &Call<&QuantizedModel::sensitivity>::from);

  function("loadNet", &Call<&Net::load_with_external_data>::from);
  function("onnxOperators", &Call<&formats::onnx::operator_names>::from);
  function("externalFiles", &Call<&formats::external_files>::from);
  function("loadModel", &Call<&QuantizedModel::load>::from);
  function("createAuxiliaryNetwork", &binding::create_auxiliary_network);
  function("preprocessingTransform", &Call<&preprocessing_transform>::from);
  function("compose", &binding::compose);
  function("formatOf", &Call<&formats::format_of>::from);
  function("supportedOperators", &Call<&analyze::support_json>::from);
  function("sideModule", &side_module);
  function("useSideFunction", &use_side_function);
}
