#include "analyze/node_errors_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "analyze/causes.h"
#include "analyze/channel_axes.h"
#include "analyze/figures.h"
#include "analyze/parts.h"
#include "ir/short_name.h"

namespace octet::analyze {
namespace {

using Json = nlohmann::ordered_json;

void add_figures(Json& json, const ErrorSums& sums) {
  json["sqnr"] = figure(sums.sqnr_db());
  json["mse"] = figure(sums.mse());
  json["mae"] = figure(sums.mae());
  json["cosine"] = figure(sums.cosine());
  json["maxError"] = figure(sums.max_error());
}

/// Of one channel or of several together.
void add_channel_figures(Json& json, const ChannelSums& sums) {
  const auto count = static_cast<double>(std::max<uint64_t>(1, sums.count));
  json["low"] = figure(sums.low);
  json["high"] = figure(sums.high);
  json["sqnr"] = figure(sums.sqnr_db());
  json["mse"] = figure(sums.accumulated / count);
  json["local"] = {{"sqnr", figure(sums.local_sqnr_db())}, {"mse", figure(sums.local / count)}};
}

Json causes_json(const std::vector<Cause>& causes) {
  Json list = Json::array();
  for (const Cause& cause : causes) {
    Json json = {{"kind", to_string(cause.kind)}, {"sentence", cause.sentence}, {"remedy", cause.remedy}};
    if (!cause.channels.empty()) json["channels"] = cause.channels;
    if (cause.share) json["share"] = figure(*cause.share);
    if (cause.noise_share) json["noiseShare"] = figure(*cause.noise_share);
    if (cause.bits) json["bits"] = figure(*cause.bits);
    list.push_back(std::move(json));
  }
  return list;
}

Json channels_json(const NodeError& error) {
  Json list = Json::array();
  for (const ChannelSums& channel : error.channels()) add_channel_figures(list.emplace_back(), channel);
  return list;
}

Json parts_json(const Parts& parts) {
  Json list = Json::array();
  for (const Part& part : parts.parts) {
    Json json = {{"axis", parts.axis}, {"channels", part.channels}};
    add_channel_figures(json, part.sums);
    if (part.step > 0) json["step"] = figure(part.step);
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
  Json list = Json::array();
  for (const NodeError& error : analyzer.errors()) {
    const Parts parts = divide(error.axes_of(error.output), channels);
    Json json = {{"node", error.node},
                 {"label", labels.at(error.node)},
                 {"operator", to_string(error.op)},
                 {"unit", to_string(error.unit)}};
    add_figures(json, error.sums.accumulated);
    add_figures(json["local"], error.sums.local);
    json["saturation"] = figure(saturation(error));
    if (const std::optional<NoiseShares> shares = noise_shares(error))
      json["noise"] = {{"weights", figure(shares->weights)}, {"activations", figure(shares->activations)}};
    json["causes"] = causes_json(find_causes(error, parts, analyzer.float_graph(), quantized));
    if (parts.parts.size() > 1) json["parts"] = parts_json(parts);
    if (!error.outputs.empty()) json["outputs"] = outputs_json(error, channels);
    if (per_channel) json["channels"] = channels_json(error);
    list.push_back(std::move(json));
  }
  return figures_text(list);
}

}  // namespace octet::analyze
