#include "analyze/node_errors_json.h"

#include <algorithm>
#include <vector>

#include "analyze/causes.h"
#include "analyze/channel_axes.h"
#include "analyze/parts.h"
#include "ir/short_name.h"
#include "json/value.h"

namespace octet::analyze {
namespace {

using Json = json::Value;

void add_figures(Json& json, const ErrorSums& sums) {
  json["sqnr"] = sums.sqnr_db();
  json["mse"] = sums.mse();
  json["mae"] = sums.mae();
  json["cosine"] = sums.cosine();
  json["maxError"] = sums.max_error();
}

/// Of one channel or of several together.
void add_channel_figures(Json& json, const ChannelSums& sums) {
  const auto count = static_cast<double>(std::max<uint64_t>(1, sums.count));
  json["low"] = sums.low;
  json["high"] = sums.high;
  json["sqnr"] = sums.sqnr_db();
  json["mse"] = sums.accumulated / count;
  json["local"] = Json{{"sqnr", sums.local_sqnr_db()}, {"mse", sums.local / count}};
}

Json causes_json(const std::vector<Cause>& causes) {
  Json list = Json::array();
  for (const Cause& cause : causes) {
    Json json = {{"kind", to_string(cause.kind)}, {"sentence", cause.sentence}, {"remedy", cause.remedy}};
    if (!cause.channels.empty()) json["channels"] = cause.channels;
    if (cause.share) json["share"] = *cause.share;
    if (cause.noise_share) json["noiseShare"] = *cause.noise_share;
    if (cause.bits) json["bits"] = *cause.bits;
    list.push_back(std::move(json));
  }
  return list;
}

Json channels_json(const NodeError& error) {
  Json list = Json::array();
  for (const ChannelSums& channel : error.channels())
    add_channel_figures(list.elements().emplace_back(), channel);
  return list;
}

Json parts_json(const Parts& parts) {
  Json list = Json::array();
  for (const Part& part : parts.parts) {
    Json json = {{"axis", parts.axis}, {"channels", part.channels}};
    add_channel_figures(json, part.sums);
    if (part.step > 0) json["step"] = part.step;
    json["lost"] = part.lost;
    json["weak"] = part.is_weak(parts.whole);
    list.push_back(std::move(json));
  }
  return list;
}

Json outputs_json(const NodeError& error, ChannelAxes& channels) {
  Json list = Json::array();
  for (const ComparedOutput& output : error.outputs) {
    const Parts parts = divide(error.axes_of(output.tensor), channels);
    Json json = {{"output", output.name}, {"node", error.node}};
    add_channel_figures(json, parts.whole);
    json["parts"] = parts_json(parts);
    json["warnings"] = part_warnings(parts, output.name);
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string node_errors_json(const LayerErrorAnalyzer& analyzer, bool per_channel) {
  const Graph& quantized = analyzer.quantized_graph();
  ChannelAxes channels(quantized);
  const auto labels = short_names(quantized);
  // Node by node: as a value, the channels of all would take much memory.
  std::string list = "[";
  for (const NodeError& error : analyzer.errors()) {
    const Parts parts = divide(error.axes_of(error.output), channels);
    Json json = {{"node", error.node},
                 {"label", labels.at(error.node)},
                 {"operator", to_string(error.op)},
                 {"unit", to_string(error.unit)}};
    add_figures(json, error.sums.accumulated);
    add_figures(json["local"], error.sums.local);
    json["saturation"] = saturation(error);
    if (const std::optional<NoiseShares> shares = noise_shares(error))
      json["noise"] = Json{{"weights", shares->weights}, {"activations", shares->activations}};
    json["causes"] = causes_json(find_causes(error, parts, analyzer.float_graph(), quantized));
    if (parts.parts.size() > 1) json["parts"] = parts_json(parts);
    if (!error.outputs.empty()) json["outputs"] = outputs_json(error, channels);
    if (per_channel) json["channels"] = channels_json(error);
    if (list.size() > 1) list += ',';
    list += to_string(json);
  }
  return list + "]";
}

}  // namespace octet::analyze
