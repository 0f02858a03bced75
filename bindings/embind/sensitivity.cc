#include "sensitivity.h"

#include <limits>
#include <string>
#include <utility>

#include "guarded.h"
#include "ir/short_name.h"
#include "kernels/arithmetic/math.h"
#include "values.h"

namespace octet::binding {
namespace {

Error no_search() { return {ErrorCode::Internal, "No search for INT16 nodes was begun."}; }

}  // namespace

Sensitivity::Sensitivity(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                         quantize::RoundingNoise::Weights weights, std::vector<bool> may_rise)
    : Sample(float_graph),
      labels_(short_names(*quantized)),
      noise_(std::move(float_graph), std::move(quantized), weights),
      may_rise_(std::move(may_rise)) {}

val Sensitivity::total() {
  return guarded([&] {
    const std::vector<double> noise = noise_.total(inputs());
    return copy_of(std::span(noise));
  });
}

val Sensitivity::observe() {
  return guarded([&] { return bytes_copy_of(noise_.observe(inputs())); });
}

val Sensitivity::estimate(int first, int count) {
  return guarded([&] {
    return bytes_copy_of(noise_.estimate(inputs(), static_cast<size_t>(first), static_cast<size_t>(count)));
  });
}

val Sensitivity::fold(const val& sums) {
  return guarded([&] {
    noise_.fold(values_of<double>(sums));
    return val::undefined();
  });
}

val Sensitivity::ranking() const {
  return guarded([&] {
    val list = val::array();
    for (size_t s = 0; s < noise_.sources().size(); ++s) {
      if (noise_.is_own(s)) list.call<void>("push", row(s));
    }
    return list;
  });
}

val Sensitivity::row(size_t source) const {
  const quantize::NoiseSource& from = noise_.sources()[source];
  const bool is_input = from.node == NodeId::None;
  val row = val::object();
  const std::string& name = is_input ? graph()->tensor(from.tensor).name : graph()->node(from.node).name;
  row.set("node", name);
  const auto label = is_input ? labels_.end() : labels_.find(name);
  row.set("label", label == labels_.end() ? short_name(name) : label->second);
  row.set("operator", is_input ? std::string() : std::string(to_string(graph()->node(from.node).op)));
  row.set("rounded", std::string(is_input ? "input" : from.tensor == TensorId::None ? "weights" : "output"));
  val outputs = val::object();
  for (size_t o = 0; o < noise_.outputs(); ++o) {
    if (noise_.is_measured(o)) outputs.set(graph()->tensor(graph()->outputs[o]).name, figures(source, o));
  }
  row.set("outputs", outputs);
  return row;
}

val Sensitivity::figures(size_t source, size_t output) const {
  const double noise = noise_.noise(source, output);
  const double signal = noise_.signal(output);
  const double elements = static_cast<double>(graph()->tensor(graph()->outputs[output]).shape.elements()) *
                          static_cast<double>(noise_.samples());
  val figures = val::object();
  figures.set("sqnr",
              noise > 0 ? 10 * kernels::log10(signal / noise) : std::numeric_limits<double>::infinity());
  figures.set("mse", noise / elements);
  return figures;
}

val Sensitivity::names_of(const std::vector<NodeId>& nodes) const {
  val names = val::array();
  for (const NodeId node : nodes) names.call<void>("push", graph()->node(node).name);
  return names;
}

template <class Begin>
val Sensitivity::begin_search(Begin begin) {
  return guarded([&] {
    search_.emplace(begin());
    return val::undefined();
  });
}

val Sensitivity::search_within(double share) {
  return begin_search([&] { return quantize::Int16Search::within(noise_, may_rise_, share); });
}

val Sensitivity::search_steps(int most) {
  return begin_search(
      [&] { return quantize::Int16Search::for_steps(noise_, may_rise_, static_cast<size_t>(most)); });
}

val Sensitivity::search_all() {
  return begin_search([&] { return quantize::Int16Search::of_all(noise_, may_rise_); });
}

const quantize::Int16Search& Sensitivity::search() const {
  if (!search_) throw no_search();
  return *search_;
}

val Sensitivity::advance() {
  return guarded([&] {
    if (!search_) throw no_search();
    return val(search_->advance());
  });
}

val Sensitivity::int16_nodes() const {
  return guarded([&] {
    const quantize::MixedPrecision chosen = search().chosen();
    val expected = val::object();
    for (size_t o = 0; o < chosen.noise.size(); ++o) {
      if (chosen.noise[o] > 0)
        expected.set(graph()->tensor(graph()->outputs[o]).name, -10 * kernels::log10(chosen.noise[o]));
    }
    val result = val::object();
    result.set("nodes", names_of(chosen.int16_nodes));
    result.set("share", chosen.share);
    result.set("expected", expected);
    return result;
  });
}

val Sensitivity::int16_steps() const {
  return guarded([&] {
    val list = val::array();
    for (const auto& [nodes, share, gain] : search().steps()) {
      val step = val::object();
      step.set("nodes", names_of(nodes));
      step.set("share", share);
      step.set("gain", gain);
      list.call<void>("push", step);
    }
    return list;
  });
}

}  // namespace octet::binding
