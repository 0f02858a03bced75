#include "pipeline/sensitivity_pass.h"

#include <limits>
#include <utility>

#include "ir/byte_stream.h"
#include "ir/short_name.h"
#include "json/value.h"
#include "kernels/arithmetic/math.h"

namespace octet::pipeline {
namespace {

using Json = json::Value;

/// {"nodes": [name], "share"}.
Json nodes_json(const Graph& graph, const std::vector<NodeId>& nodes, double share) {
  Json names = Json::array();
  for (const NodeId node : nodes) names.push_back(graph.node(node).name);
  return {{"nodes", std::move(names)}, {"share", share}};
}

Json figures_json(const quantize::RoundingNoise& noise, size_t source, size_t output) {
  const double squares = noise.noise(source, output);
  const Tensor& tensor = noise.graph().tensor(noise.graph().outputs[output]);
  const double elements = static_cast<double>(tensor.shape.elements()) * static_cast<double>(noise.samples());
  const double sqnr = squares > 0 ? 10 * kernels::log10(noise.signal(output) / squares)
                                  : std::numeric_limits<double>::infinity();
  return {{"sqnr", sqnr}, {"mse", squares / elements}};
}

}  // namespace

SensitivityPass::SensitivityPass(std::shared_ptr<const Graph> float_graph,
                                 std::shared_ptr<const Graph> quantized,
                                 quantize::RoundingNoise::Weights weights, std::vector<bool> may_rise,
                                 Subject subject)
    : Sample(float_graph, subject),
      labels_(short_names(*quantized)),
      noise_(std::move(float_graph), std::move(quantized), weights),
      may_rise_(std::move(may_rise)) {}

std::string SensitivityPass::total() { return to_string(Json(noise_.total(inputs()))); }

Bytes SensitivityPass::observe() {
  return statistics_of(StatisticsKind::NoiseSample, subject(),
                       [&](Bytes& statistics) { put_list(statistics, noise_.observe(inputs())); });
}

Bytes SensitivityPass::estimate(int first, int count) {
  return statistics_of(StatisticsKind::NoiseSample, subject(), [&](Bytes& statistics) {
    put_list(statistics, noise_.estimate(inputs(), static_cast<size_t>(first), static_cast<size_t>(count)));
  });
}

void SensitivityPass::fold(std::span<const std::byte> sample) {
  std::span<const std::byte> gathered = gathered_in(sample, StatisticsKind::NoiseSample, subject());
  noise_.fold(take_list<double>(gathered));
}

std::string SensitivityPass::ranking() const {
  const Graph& graph = *this->graph();
  Json list = Json::array();
  for (size_t s = 0; s < noise_.sources().size(); ++s) {
    const quantize::NoiseSource& from = noise_.sources()[s];
    const bool has_node = from.node != NodeId::None;
    const bool is_tensor = from.tensor != TensorId::None;
    // The weights of all nodes together are no one thing.
    if (!noise_.is_own(s) || (!has_node && !is_tensor)) continue;
    const std::string& name = has_node ? graph.node(from.node).name : graph.tensor(from.tensor).name;
    const auto label = has_node ? labels_.find(name) : labels_.end();
    Json row = {{"node", name},
                {"label", label == labels_.end() ? short_name(name) : label->second},
                {"operator", has_node ? to_string(graph.node(from.node).op) : ""},
                {"rounded", !has_node   ? "input"
                            : is_tensor ? "output"
                                        : "weights"},
                {"outputs", Json::object()}};
    for (size_t o = 0; o < noise_.outputs(); ++o) {
      if (noise_.is_measured(o))
        row["outputs"][graph.tensor(graph.outputs[o]).name] = figures_json(noise_, s, o);
    }
    list.push_back(std::move(row));
  }
  return to_string(list);
}

void SensitivityPass::search_within(double share) {
  search_.emplace(quantize::Int16Search::within(noise_, may_rise_, share));
}

void SensitivityPass::search_steps(int most) {
  search_.emplace(quantize::Int16Search::for_steps(noise_, may_rise_, static_cast<size_t>(most)));
}

void SensitivityPass::search_all() { search_.emplace(quantize::Int16Search::of_all(noise_, may_rise_)); }

const quantize::Int16Search& SensitivityPass::search() const {
  if (!search_) throw Error(ErrorCode::Internal, "No search for INT16 nodes was begun.");
  return *search_;
}

bool SensitivityPass::advance() {
  search();
  return search_->advance();
}

std::string SensitivityPass::int16_nodes() const {
  const quantize::MixedPrecision chosen = search().chosen();
  const Graph& graph = *this->graph();
  Json found = nodes_json(graph, chosen.int16_nodes, chosen.share);
  Json& expected = found["expected"] = Json::object();
  for (size_t o = 0; o < chosen.noise.size(); ++o) {
    if (chosen.noise[o] > 0)
      expected[graph.tensor(graph.outputs[o]).name] = -10 * kernels::log10(chosen.noise[o]);
  }
  return to_string(found);
}

std::string SensitivityPass::int16_steps() const {
  Json list = Json::array();
  for (const auto& [nodes, share, gain] : search().steps()) {
    Json step = nodes_json(*graph(), nodes, share);
    step["gain"] = gain;
    list.push_back(std::move(step));
  }
  return to_string(list);
}

}  // namespace octet::pipeline
