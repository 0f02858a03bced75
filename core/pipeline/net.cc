#include "pipeline/net.h"

#include <utility>

#include "analyze/graph_json.h"
#include "analyze/quantization_report.h"
#include "formats/open/open.h"
#include "formats/tflite/writer.h"
#include "ir/digest.h"
#include "json/value.h"
#include "pipeline/documents.h"
#include "prepare/prepare.h"
#include "quantize/channels/channel_methods.h"
#include "quantize/precision/int16_decomposition.h"
#include "quantize/precision/placement.h"
#include "quantize/prequantized/given_scales.h"
#include "quantize/quantize.h"
#include "quantize/settings/node_settings.h"

namespace octet::pipeline {
namespace {

/// What statistics are of: equal options give equal texts.
std::string text_of(const LoadOptions& options) {
  std::string text(options.target.key);
  if (options.target.any_shape_on_mla) text += ",any";
  if (options.keeps_layout) text += ",kept";
  for (const auto& [input, shape] : options.import.input_shapes) {
    text += "," + input;
    for (const int32_t length : shape) text += ":" + std::to_string(length);
  }
  for (const std::string& output : options.import.outputs) text += ",>" + output;
  for (const auto& [path, contents] : options.import.external_data)
    text += "," + path + "=" + std::to_string(digest_of_file(*contents));
  return text;
}

}  // namespace

Net::Net(std::shared_ptr<const Graph> graph, std::optional<quantize::FloatTwin> twin,
         partition::Report report, const Origin& origin, std::vector<std::string> warnings)
    : Runner(std::move(graph), origin.subject),
      twin_(std::move(twin)),
      report_(std::move(report)),
      origin_(origin),
      warnings_(std::move(warnings)) {}

std::shared_ptr<Net> Net::load_with_external_data(Bytes file, LoadOptions options,
                                                  const std::vector<std::string>& paths,
                                                  std::vector<Bytes> contents) {
  for (size_t i = 0; i < paths.size() && i < contents.size(); ++i)
    options.import.external_data[paths[i]] = std::make_shared<const Bytes>(std::move(contents[i]));
  return load(std::move(file), options);
}

std::shared_ptr<Net> Net::load(Bytes file, const LoadOptions& options) {
  const partition::Target& target = options.target;
  const Origin origin = {
      .target = target, .subject = subject_of(file, text_of(options)), .file_bytes = file.size()};
  formats::Imported imported = formats::import_model(std::move(file), options.import);
  Graph graph = prepare::prepare(std::move(imported.graph),
                                 {.for_mla = target.has_mla(),
                                  .for_tflite = !target.has_mla(),
                                  .keeps_edges = !imported.has_channels_first || options.keeps_layout});
  std::optional<quantize::FloatTwin> twin;
  if (quantize::is_quantized(graph)) twin = quantize::float_twin(graph);
  partition::Report report =
      twin ? quantize::place(graph, *twin, target) : partition::partition(graph, target);
  return std::make_shared<Net>(std::make_shared<const Graph>(std::move(graph)), std::move(twin),
                               std::move(report), origin, std::move(imported.warnings));
}

std::string Net::info() const {
  const bool sima = origin_.target.default_requantization == RequantizationMode::Sima;
  return json_object({{"graph", analyze::graph_json(*graph())},
                      {"partition", analyze::partition_json(twin_ ? twin_->graph : *graph(), report_)},
                      {"quantized", twin_ ? "true" : "false"},
                      {"warnings", to_string(json::Value(warnings_))},
                      {"defaultRequantization", sima ? "\"sima\"" : "\"tflite\""}});
}

void Net::to_tflite(const formats::Sink& sink) const { formats::tflite::write(*graph(), {}, sink); }

std::string Net::resolve(const quantize::QuantizationParams& params) const {
  const quantize::QuantizationParams whole = quantize::with_whole_names(*graph(), params);
  std::vector<JsonMember> own;
  for (const Node& node : graph()->nodes) {
    const quantize::NodeConfig* const config = quantize::config_of(whole, node);
    const bool is_given = quantize::is_precision_given(whole, node);
    if (config == nullptr && !is_given) continue;
    std::vector<JsonMember> entry;
    if (config != nullptr) entry.emplace_back("config", to_json(*config));
    entry.emplace_back("isPrecisionGiven", is_given ? "true" : "false");
    own.emplace_back(node.name, json_object(entry));
  }
  return json_object({{"settings", to_json(whole)}, {"own", json_object(own)}});
}

std::string Net::partition_with(const quantize::QuantizationParams& params) const {
  Graph placed = *graph();
  quantize::decompose_for_int16(placed, origin_.target, params);
  const partition::Report report = quantize::place(placed, origin_.target, params);
  return analyze::partition_json(placed, report);
}

Graph Net::changed_before_samples(const quantize::QuantizationParams& params) const {
  if (twin_) {
    throw Error(
        ErrorCode::InvalidInput, "The model is already quantized: it cannot be calibrated again.", {},
        "Call convertToSimaQuantization (`octet convert`), which takes its scales as they are, or load "
        "the float model that it was made from.");
  }
  Graph graph = *this->graph();
  quantize::change_before_samples(graph, params);
  // What the target refuses is refused before samples are looked at.
  quantize::place(graph, origin_.target, params);
  return graph;
}

std::shared_ptr<ChannelPass> Net::channels(const quantize::QuantizationParams& params) const {
  if (!quantize::need_channel_statistics(params)) return nullptr;
  return std::make_shared<ChannelPass>(std::make_shared<const Graph>(changed_before_samples(params)),
                                       with(subject(), to_json(params)));
}

std::shared_ptr<CalibrationPass> Net::calibrate(const quantize::QuantizationParams& params,
                                                std::span<const std::byte> channels) const {
  Graph graph = changed_before_samples(params);
  if (quantize::need_channel_statistics(params)) {
    quantize::ChannelStatistics statistics(std::make_shared<const Graph>(graph));
    statistics.restore(
        gathered_in(channels, StatisticsKind::ChannelTotals, with(subject(), to_json(params))));
    quantize::change_after_samples(graph, statistics, params);
  }
  const Graph unsplit = graph;
  quantize::decompose_for_int16(graph, origin_.target, params);
  return std::make_shared<CalibrationPass>(std::make_shared<const Graph>(std::move(graph)), unsplit, origin_,
                                           params);
}

std::shared_ptr<QuantizedModel> Net::convert(const ConvertOptions& options, const formats::Sink& sink) const {
  if (!twin_) {
    throw Error(ErrorCode::InvalidInput, "The model is not quantized: there are no scales to convert.", {},
                "Call quantize (`octet quantize`) with calibration samples.");
  }
  quantize::QuantizationParams params;
  params.requantization = options.requantization;
  quantize::Result result = quantize::from_stored(*graph(), *twin_, params);
  result.warnings.insert(result.warnings.begin(), warnings_.begin(), warnings_.end());
  result.graph.name = options.model_name.value_or(graph()->name);
  const std::string report = analyze::quantization_report_json(
      twin_->graph, report_, origin_.target, params, result, "",
      {.octet_version = options.octet_version, .source_bytes = origin_.file_bytes});
  std::vector<formats::octet_file::InputRange> ranges = input_ranges(result);
  return QuantizedModel::made({.quantized = std::move(result.graph),
                               .float_graph = twin_->graph,
                               .target = origin_.target.id,
                               .settings_json = to_json(params),
                               .report_json = report,
                               .any_shape_on_mla = origin_.target.any_shape_on_mla,
                               .input_ranges = std::move(ranges),
                               .partition_notes = report_.notes,
                               .source_bytes = origin_.file_bytes},
                              sink);
}

}  // namespace octet::pipeline
