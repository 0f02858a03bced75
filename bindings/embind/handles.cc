#include "handles.h"

#include <algorithm>
#include <utility>

#include "analyze/graph_json.h"
#include "analyze/quantization_report.h"
#include "emulate/profile.h"
#include "formats/open/open.h"
#include "formats/tflite/export_notes.h"
#include "formats/tflite/writer.h"
#include "guarded.h"
#include "ir/short_name.h"
#include "json/value.h"
#include "kernels/convolution/depthwise_dot_kernel.h"
#include "kernels/convolution/dot.h"
#include "kernels/convolution/fused_multiply_add.h"
#include "partition/target.h"
#include "prepare/prepare.h"
#include "quantize/channels/channel_methods.h"
#include "quantize/precision/int16_parts.h"
#include "quantize/precision/placement.h"
#include "quantize/prequantized/given_scales.h"
#include "quantize/quantize.h"
#include "quantize/settings/node_settings.h"
#include "side_module.h"
#include "values.h"

namespace octet::binding {
namespace {

using Json = json::Value;

/// A document that a .octet file carries; "null" when there is none.
const std::string& document_of(const std::string& json) {
  static const std::string kNone = "null";
  if (json.empty()) return kNone;
  if (!json::parsed(json)) throw Error(ErrorCode::InvalidFile, "The file holds a document that is not JSON.");
  return json;
}

/// A JSON object whose values are JSON already.
std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string json;
  for (const auto& [name, value] : members) {
    json += json.empty() ? "{\"" : ",\"";
    json.append(name).append("\":").append(value);
  }
  return json + "}";
}

/// What the library always sends.
template <class Given>
auto required(const Given& value) {
  if (!value) throw Error(ErrorCode::Internal, "An option of a call into the core is missing.");
  return *value;
}

/// The name that the options give the model, else its own.
std::string model_name(const Json& options, const std::string& own) {
  const std::string* const given = options["modelName"].string();
  return given != nullptr ? *given : own;
}

formats::tflite::IoType io_type_of(const std::string& name) {
  using formats::tflite::IoType;
  if (name == "float32") return IoType::Float32;
  if (name == "int8") return IoType::Int8;
  if (name == "int16") return IoType::Int16;
  throw Error(ErrorCode::InvalidConfig, "Inputs and outputs cannot have the type '" + name + "'.", {},
              "Use 'float32', 'int8' or 'int16'.");
}

}  // namespace

val finished(formats::octet_file::Contents contents) {
  val result = val::object();
  formats::octet_file::write(contents,
                             [&](std::span<const std::byte> file) { result.set("file", copy_of(file)); });
  auto quantized = std::make_shared<const Graph>(std::move(contents.quantized));
  result.set("model", std::make_shared<Model>(std::move(quantized), std::move(contents)));
  return result;
}

// ------------------------------------------------------------------------------------------------------------
// Runner

emulate::Executor& Runner::executor() {
  if (!executor_) executor_ = std::make_unique<emulate::Executor>(graph());
  return *executor_;
}

val Runner::profile(int runs) {
  return guarded([&] {
    const std::vector<double> milliseconds = emulate::profile(executor(), inputs(), runs);
    return copy_of(std::span(milliseconds));
  });
}

val Runner::constant(int tensor) const {
  return guarded([&] {
    const Tensor& found = graph()->tensors.at(static_cast<size_t>(tensor));
    if (!found.is_constant())
      throw Error(ErrorCode::InvalidInput, "This tensor is computed, and no constant.",
                  {.tensor = found.name});
    return copy_of(*found.constant);
  });
}

val Runner::run(const val& tensors) {
  return guarded([&] {
    emulate::Executor& executor = this->executor();
    const auto inputs = this->inputs();
    for (size_t i = 0; i < inputs.size(); ++i) executor.set_input(i, inputs[i]);

    // Where in the result each tensor goes; memory is shared, so that values are copied as they are computed.
    val results = val::array();
    std::vector<int> slots(graph()->tensors.size(), -1);
    const std::vector<int> wanted = emscripten::convertJSArrayToNumberVector<int>(tensors);
    for (size_t slot = 0; slot < wanted.size(); ++slot)
      slots.at(static_cast<size_t>(wanted[slot])) = static_cast<int>(slot);
    const auto keep = [&](TensorId id, std::span<const std::byte> contents) {
      if (slots[index(id)] >= 0) results.set(slots[index(id)], copy_of(contents));
    };
    // No node computes a constant, which may yet be an output.
    for (const int tensor : wanted) {
      const TensorId id = static_cast<TensorId>(tensor);
      if (graph()->tensor(id).is_constant()) keep(id, *graph()->tensor(id).constant);
    }
    if (wanted.empty()) {
      executor.run();
    } else {
      executor.run(keep);
    }
    return results;
  });
}

// -------------------------------------------------------------------------------------------------------
// Channels

Channels::Channels(std::shared_ptr<const Graph> graph) : Sample(graph), statistics_(std::move(graph)) {}

val Channels::observe() {
  return guarded([&] { return bytes_copy_of(statistics_.observe(inputs())); });
}

val Channels::fold(const val& sample) {
  return guarded([&] {
    statistics_.fold(values_of<quantize::ChannelExtent>(sample));
    return val::undefined();
  });
}

val Channels::state() const {
  return guarded([&] { return copy_of(statistics_.state()); });
}

// -------------------------------------------------------------------------------------------------------
// Calibration

Calibration::Calibration(std::shared_ptr<const Graph> graph, const Graph& original, partition::Target target,
                         quantize::QuantizationParams params)
    : Sample(graph),
      target_(target),
      params_(std::move(params)),
      calibrator_(std::make_shared<calibrate::Calibrator>(graph, params_.calibration,
                                                          quantize::own_methods(*graph, params_))),
      check_(*graph) {
  for (const Node& node : original.nodes) {
    if (quantize::has_int16_parts(node, target_)) splittable_.push_back(node);
  }
}

val Calibration::observe() {
  return guarded([&] {
    Bytes observed;
    const auto append = [&](const auto& values) {
      const auto bytes = std::as_bytes(std::span(values));
      observed.insert(observed.end(), bytes.begin(), bytes.end());
    };
    append(facts());
    append(calibrator_->observe(inputs()));
    return copy_of(observed);
  });
}

val Calibration::fold(const val& observed) {
  return guarded([&] {
    const Bytes bytes = bytes_of(observed);
    const size_t fact_bytes = graph()->inputs.size() * sizeof(calibrate::InputFacts);
    if (bytes.size() < fact_bytes)
      throw Error(ErrorCode::InvalidInput, "What was observed of a calibration sample is of another model.");
    const auto facts = std::span(bytes).first(fact_bytes);
    check_.fold(as<calibrate::InputFacts>(facts));
    calibrator_->fold(as<calibrate::Extremes>(std::span(bytes).subspan(facts.size())));
    return val::undefined();
  });
}

val Calibration::state() {
  return guarded([&] { return copy_of(calibrator_->state()); });
}

val Calibration::merge(const val& state) {
  return guarded([&] {
    calibrator_->merge(bytes_of(state));
    return val::undefined();
  });
}

bool Calibration::serves(const quantize::QuantizationParams& params) const {
  return same_statistics(params_, params) &&
         std::all_of(splittable_.begin(), splittable_.end(), [&](const Node& node) {
           return quantize::wants_int16_parts(node, target_, params_) ==
                  quantize::wants_int16_parts(node, target_, params);
         });
}

val Calibration::serves(const std::string& settings) const {
  return guarded([&] { return val(serves(quantize::params_from_json(settings))); });
}

val Calibration::quantization(const std::string& settings) const {
  return guarded([&] {
    quantize::QuantizationParams params = quantize::params_from_json(settings);
    if (!serves(params)) throw Error(ErrorCode::Internal, "The statistics do not serve these settings.");
    calibrator_->rest();
    quantize::RelevantValues relevant(*graph(), *calibrator_);
    Graph placed = *graph();
    partition::Report report = quantize::place(placed, target_, params, *calibrator_, relevant);
    return val(std::make_shared<Quantization>(std::make_shared<const Graph>(std::move(placed)),
                                              std::move(report), target_, std::move(params), calibrator_,
                                              std::move(relevant), check_.warnings()));
  });
}

// -------------------------------------------------------------------------------------------------------
// Quantization

Quantization::Quantization(std::shared_ptr<const Graph> graph, partition::Report report,
                           partition::Target target, quantize::QuantizationParams params,
                           std::shared_ptr<const calibrate::Calibrator> calibrator,
                           quantize::RelevantValues relevant, std::vector<std::string> warnings)
    : Sample(graph),
      report_(std::move(report)),
      target_(target),
      params_(std::move(params)),
      calibrator_(std::move(calibrator)),
      relevant_(std::move(relevant)),
      warnings_(std::move(warnings)),
      refinement_(std::move(graph), params_) {}

val Quantization::draft() {
  return guarded([&] {
    if (refinement_.is_measuring()) {
      refinement_.apply(result_->graph);
    } else {
      result_ = octet::quantize::quantize(*graph(), *calibrator_, relevant_, params_);
    }
    if (refinement_.done()) return val::null();
    val draft = val::undefined();
    formats::octet_file::write({.quantized = result_->graph, .target = target_.id},
                               [&](std::span<const std::byte> file) { draft = copy_of(file); });
    return draft;
  });
}

val Quantization::begin_pass(const val& draft) {
  return guarded([&] {
    Graph graph = formats::octet_file::read(bytes_of(draft)).quantized;
    refinement_.begin_pass(std::make_shared<const Graph>(std::move(graph)));
    return val::undefined();
  });
}

val Quantization::observe() {
  return guarded([&] {
    refinement_.observe(inputs());
    return copy_of(Bytes());
  });
}

val Quantization::state() {
  return guarded([&] { return copy_of(refinement_.state()); });
}

val Quantization::merge(const val& state) {
  return guarded([&] {
    refinement_.merge(bytes_of(state));
    return val::undefined();
  });
}

val Quantization::finish(const std::string& options) {
  return guarded([&] {
    if (!result_) throw Error(ErrorCode::Internal, "There is no draft to finish.");
    const Json given = json::parse(options);
    const std::string preprocessing =
        given.contains("preprocessing") ? to_string(given["preprocessing"]) : "";
    quantize::Result& result = *result_;
    result.warnings.insert(result.warnings.begin(), warnings_.begin(), warnings_.end());
    result.graph.name = model_name(given, result.graph.name);
    const std::string report = analyze::quantization_report_json(
        *graph(), report_, target_, params_, result, preprocessing,
        {.octet_version = required(given["octetVersion"].string()),
         .source_bytes = static_cast<uint64_t>(required(given["sourceBytes"].integer())),
         .calibration_samples = calibrator_->samples(),
         .methods_json = given.contains("methods") ? to_string(given["methods"]) : ""});
    return finished({.quantized = std::move(result.graph),
                     .float_graph = *graph(),
                     .target = target_.id,
                     .settings_json = to_json(params_),
                     .preprocessing_json = preprocessing,
                     .report_json = report});
  });
}

// ---------------------------------------------------------------------------------------------------------------
// Net

val Net::load(const val& file, const std::string& options) {
  return guarded([&] {
    const Json given = json::parse(options);
    formats::ImportOptions read_options;
    for (const auto& [input, shape] : given["inputShapes"].members()) {
      std::vector<int32_t>& extents = read_options.input_shapes[input];
      for (const Json& extent : shape.elements())
        extents.push_back(static_cast<int32_t>(required(extent.integer())));
    }
    partition::Target target = partition::target_by_key(required(given["target"].string()));
    target.any_shape_on_mla = required(given["anyShapeOnMla"].boolean());
    formats::Imported imported = formats::import_model(bytes_of(file), read_options);
    Graph graph = prepare::prepare(std::move(imported.graph),
                                   {.for_mla = target.has_mla(), .for_tflite = !target.has_mla()});
    std::optional<quantize::FloatTwin> twin;
    if (quantize::is_quantized(graph)) twin = quantize::float_twin(graph);
    partition::Report report =
        twin ? quantize::place(graph, *twin, target) : partition::partition(graph, target);
    return val(std::make_shared<Net>(std::make_shared<const Graph>(std::move(graph)), std::move(twin),
                                     std::move(report), target, std::move(imported.warnings)));
  });
}

val Net::info() const {
  return guarded([&] {
    const bool sima = target_.default_requantization == RequantizationMode::Sima;
    return val(object_of({{"graph", analyze::graph_json(*graph())},
                          {"partition", analyze::partition_json(twin_ ? twin_->graph : *graph(), report_)},
                          {"quantized", twin_ ? "true" : "false"},
                          {"warnings", to_string(Json(warnings_))},
                          {"defaultRequantization", sima ? "\"sima\"" : "\"tflite\""}}));
  });
}

val Net::resolve(const std::string& settings) const {
  return guarded([&] {
    const quantize::QuantizationParams params =
        quantize::with_whole_names(*graph(), quantize::params_from_json(settings));
    Json own = Json::object();
    for (const Node& node : graph()->nodes) {
      const quantize::NodeConfig* const config = quantize::config_of(params, node);
      const bool is_given = quantize::is_precision_given(params, node);
      if (config == nullptr && !is_given) continue;
      Json& entry = own[node.name];
      if (config != nullptr) entry["config"] = json::parse(to_json(*config));
      entry["isPrecisionGiven"] = is_given;
    }
    return val(object_of({{"settings", to_json(params)}, {"own", to_string(own)}}));
  });
}

val Net::partition_with(const std::string& settings) const {
  return guarded([&] {
    const quantize::QuantizationParams params = quantize::params_from_json(settings);
    Graph placed = *graph();
    quantize::split_for_int16(placed, target_, params);
    const partition::Report report = quantize::place(placed, target_, params);
    return val(analyze::partition_json(placed, report));
  });
}

Graph Net::equalized(const quantize::QuantizationParams& params) const {
  if (twin_) {
    throw Error(
        ErrorCode::InvalidInput, "The model is already quantized: it cannot be calibrated again.", {},
        "Call convertToSimaQuantization (`octet convert`), which takes its scales as they are, or load "
        "the float model that it was made from.");
  }
  Graph graph = *this->graph();
  quantize::change_before_samples(graph, params);
  // What the target refuses is refused before samples are looked at.
  quantize::place(graph, target_, params);
  return graph;
}

val Net::channels(const std::string& settings) const {
  return guarded([&] {
    const quantize::QuantizationParams params = quantize::params_from_json(settings);
    if (!quantize::need_channel_statistics(params)) return val::null();
    return val(std::make_shared<Channels>(std::make_shared<const Graph>(equalized(params))));
  });
}

val Net::calibrate(const std::string& settings, const val& channels) const {
  return guarded([&] {
    quantize::QuantizationParams params = quantize::params_from_json(settings);
    Graph graph = equalized(params);
    if (quantize::need_channel_statistics(params)) {
      quantize::ChannelStatistics statistics(std::make_shared<const Graph>(graph));
      statistics.restore(bytes_of(channels));
      quantize::change_after_samples(graph, statistics, params);
    }
    const Graph original = graph;
    quantize::split_for_int16(graph, target_, params);
    return val(std::make_shared<Calibration>(std::make_shared<const Graph>(std::move(graph)), original,
                                             target_, std::move(params)));
  });
}

val Net::convert(const std::string& options) const {
  return guarded([&] {
    if (!twin_) {
      throw Error(ErrorCode::InvalidInput, "The model is not quantized: there are no scales to convert.", {},
                  "Call quantize (`octet quantize`) with calibration samples.");
    }
    const Json given = json::parse(options);
    quantize::QuantizationParams params;
    params.requantization = quantize::requantization_from_string(required(given["requantization"].string()));
    quantize::Result result = quantize::from_stored(*graph(), *twin_, params);
    result.warnings.insert(result.warnings.begin(), warnings_.begin(), warnings_.end());
    result.graph.name = model_name(given, graph()->name);
    const std::string report = analyze::quantization_report_json(
        twin_->graph, report_, target_, params, result, "",
        {.octet_version = required(given["octetVersion"].string()),
         .source_bytes = static_cast<uint64_t>(required(given["sourceBytes"].integer()))});
    return finished({.quantized = std::move(result.graph),
                     .float_graph = twin_->graph,
                     .target = target_.id,
                     .settings_json = to_json(params),
                     .report_json = report});
  });
}

// -------------------------------------------------------------------------------------------------------------
// Model

Model::Model(std::shared_ptr<const Graph> quantized, formats::octet_file::Contents contents)
    : Runner(std::move(quantized)),
      contents_(std::move(contents)),
      float_graph_(std::make_shared<const Graph>(std::move(contents_.float_graph))) {}

val Model::load(const val& file) {
  return guarded([&] {
    formats::octet_file::Contents contents = formats::open_saved(bytes_of(file));
    auto quantized = std::make_shared<const Graph>(std::move(contents.quantized));
    return val(std::make_shared<Model>(std::move(quantized), std::move(contents)));
  });
}

val Model::info() const {
  return guarded([&] {
    return val(object_of({{"graph", analyze::graph_json(*graph())},
                          {"target", to_string(Json(partition::target_of(contents_.target).key))},
                          {"settings", document_of(contents_.settings_json)},
                          {"preprocessing", document_of(contents_.preprocessing_json)},
                          {"report", document_of(contents_.report_json)}}));
  });
}

val Model::to_tflite(const std::string& io_type) const {
  return guarded([&] {
    val file = val::undefined();
    formats::tflite::write(*graph(), {.io = io_type_of(io_type)},
                           [&](std::span<const std::byte> bytes) { file = copy_of(bytes); });
    return file;
  });
}

val Model::export_notes(const std::string& io_type) const {
  return guarded([&] {
    std::optional<formats::tflite::IoType> io;
    if (!io_type.empty()) io = io_type_of(io_type);
    return val::array(formats::tflite::export_notes(*graph(), io));
  });
}

std::vector<std::optional<calibrate::Range>> Model::calibrated() const {
  std::vector<std::optional<calibrate::Range>> ranges;
  for (const TensorId input : graph()->inputs)
    ranges.push_back(analyze::observed_range(contents_.report_json, graph()->tensor(input).name));
  return ranges;
}

const std::shared_ptr<const Graph>& Model::float_graph() const {
  if (float_graph_->nodes.empty()) {
    throw Error(ErrorCode::InvalidInput, "This file was saved without the float model that it was made from.",
                {}, "Quantize the model again and save it whole.");
  }
  return float_graph_;
}

val FloatModel::info() const {
  return guarded([&] { return val(object_of({{"graph", analyze::graph_json(*graph())}})); });
}

val Model::float_model() const {
  return guarded([&] { return val(std::make_shared<FloatModel>(float_graph())); });
}

val Model::analyze() const {
  return guarded(
      [&] { return val(std::make_shared<Analysis>(float_graph(), graph(), analyze::Compared::AllNodes)); });
}

val Model::analyze_outputs() const {
  return guarded([&] {
    if (float_graph_->nodes.empty()) return val::null();
    return val(std::make_shared<Analysis>(float_graph_, graph(), analyze::Compared::Outputs));
  });
}

val Model::sensitivity(bool each_weights) const {
  return guarded([&] {
    partition::Target target = partition::target_of(contents_.target);
    target.any_shape_on_mla =
        json::parse(document_of(contents_.report_json))["anyShapeOnMla"].boolean().value_or(false);
    const quantize::QuantizationParams params = quantize::params_from_json(contents_.settings_json);
    using Weights = quantize::RoundingNoise::Weights;
    return val(std::make_shared<Sensitivity>(float_graph(), graph(),
                                             each_weights ? Weights::Each : Weights::Together,
                                             quantize::may_compute_in_int16(*float_graph(), target, params)));
  });
}

val side_module() { return copy_of(std::as_bytes(std::span(kSideModule))); }

bool use_side_function(const std::string& name, int index) {
  // A function pointer is an index into the table.
  if (name == "octet_dot_sums") {
    return kernels::use_dot_kernel(reinterpret_cast<kernels::DotKernel>(index));
  }
  if (name == "octet_fused_gemm_4" || name == "octet_fused_gemm_6") {
    return kernels::use_fused_gemm(reinterpret_cast<kernels::FusedGemmKernel>(index));
  }
  if (name == "octet_depthwise_dots") {
    return kernels::use_depthwise_dot_kernel(reinterpret_cast<kernels::DepthwiseDotKernel>(index));
  }
  if (name == "octet_fused_depthwise") {
    return kernels::use_fused_depthwise(reinterpret_cast<kernels::FusedDepthwiseKernel>(index));
  }
  return false;
}

val format_of(const val& beginning) {
  return guarded([&] { return val(std::string(to_string(formats::format_of(bytes_of(beginning))))); });
}

val supported_operators() {
  return guarded([] { return val(analyze::support_json()); });
}

}  // namespace octet::binding
