// The only EMSCRIPTEN_BINDINGS: names of the handles in JavaScript. bindings/js/src/worker/core.ts has their
// types.
#include <emscripten/bind.h>

#include "auxiliary.h"
#include "handles.h"

EMSCRIPTEN_BINDINGS(octet) {
  using namespace emscripten;
  using namespace octet::binding;

  class_<Sample>("Sample")
      .smart_ptr<std::shared_ptr<Sample>>("SamplePointer")
      .function("input", &Sample::input)
      .function("setImage", &Sample::set_image)
      .function("noticed", &Sample::noticed)
      .function("digest", &Sample::digest)
      .function("inputWarnings", &Sample::input_warnings);
  class_<Runner, base<Sample>>("Runner")
      .smart_ptr<std::shared_ptr<Runner>>("RunnerPointer")
      .function("run", &Runner::run)
      .function("constant", &Runner::constant)
      .function("profile", &Runner::profile);
  class_<Channels, base<Sample>>("Channels")
      .smart_ptr<std::shared_ptr<Channels>>("ChannelsPointer")
      .function("observe", &Channels::observe)
      .function("fold", &Channels::fold)
      .function("state", &Channels::state);
  class_<Calibration, base<Sample>>("Calibration")
      .smart_ptr<std::shared_ptr<Calibration>>("CalibrationPointer")
      .function("observe", &Calibration::observe)
      .function("fold", &Calibration::fold)
      .function("state", &Calibration::state)
      .function("merge", &Calibration::merge)
      .function("serves", select_overload<val(const std::string&) const>(&Calibration::serves))
      .function("quantization", &Calibration::quantization);
  class_<Quantization, base<Sample>>("Quantization")
      .smart_ptr<std::shared_ptr<Quantization>>("QuantizationPointer")
      .function("draft", &Quantization::draft)
      .function("beginPass", &Quantization::begin_pass)
      .function("observe", &Quantization::observe)
      .function("state", &Quantization::state)
      .function("merge", &Quantization::merge)
      .function("finish", &Quantization::finish);
  class_<Net, base<Runner>>("Net")
      .smart_ptr<std::shared_ptr<Net>>("NetPointer")
      .function("info", &Net::info)
      .function("resolve", &Net::resolve)
      .function("partitionWith", &Net::partition_with)
      .function("channels", &Net::channels)
      .function("calibrate", &Net::calibrate)
      .function("convert", &Net::convert);
  class_<Analysis, base<Sample>>("Analysis")
      .smart_ptr<std::shared_ptr<Analysis>>("AnalysisPointer")
      .function("observe", &Analysis::observe)
      .function("fold", &Analysis::fold)
      .function("errors", &Analysis::errors);
  class_<Sensitivity, base<Sample>>("Sensitivity")
      .smart_ptr<std::shared_ptr<Sensitivity>>("SensitivityPointer")
      .function("total", &Sensitivity::total)
      .function("observe", &Sensitivity::observe)
      .function("estimate", &Sensitivity::estimate)
      .function("fold", &Sensitivity::fold)
      .function("ranking", &Sensitivity::ranking)
      .function("searchWithin", &Sensitivity::search_within)
      .function("searchSteps", &Sensitivity::search_steps)
      .function("searchAll", &Sensitivity::search_all)
      .function("advance", &Sensitivity::advance)
      .function("int16Nodes", &Sensitivity::int16_nodes)
      .function("int16Steps", &Sensitivity::int16_steps);
  class_<FloatModel, base<Runner>>("FloatModel")
      .smart_ptr<std::shared_ptr<FloatModel>>("FloatModelPointer")
      .function("info", &FloatModel::info);
  class_<Model, base<Runner>>("Model")
      .smart_ptr<std::shared_ptr<Model>>("ModelPointer")
      .function("info", &Model::info)
      .function("toTFLite", &Model::to_tflite)
      .function("exportNotes", &Model::export_notes)
      .function("analyze", &Model::analyze)
      .function("analyzeOutputs", &Model::analyze_outputs)
      .function("floatModel", &Model::float_model)
      .function("sensitivity", &Model::sensitivity);

  function("loadNet", &Net::load);
  function("loadModel", &Model::load);
  function("createAuxiliaryNetwork", &create_auxiliary_network);
  function("preprocessingTransform", &preprocessing_transform);
  function("compose", &compose);
  function("formatOf", &format_of);
  function("supportedOperators", &supported_operators);
  function("sideModule", &side_module);
  function("useSideFunction", &use_side_function);
}
