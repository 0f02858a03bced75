#include "sensitivity.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "guarded.h"
#include "ir/short_name.h"
#include "quantize/mixed_precision.h"
#include "values.h"

namespace octet::binding {

Sensitivity::Sensitivity(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                         quantize::RoundingNoise::Weights weights, std::vector<bool> may_rise)
    : Sample(float_graph),
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
  row.set("label", short_name(name));
  row.set("operator", is_input ? std::string() : std::string(to_string(graph()->node(from.node).op)));
  row.set("rounded", std::string(is_input ? "input" : from.tensor == TensorId::None ? "weights" : "output"));
  val outputs = val::object();
  for (size_t o = 0; o < noise_.outputs(); ++o) {
    const Tensor& output = graph()->tensor(graph()->outputs[o]);
    if (output.dtype == DType::Float32) outputs.set(output.name, figures(source, o));
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
  figures.set("sqnr", noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity());
  figures.set("mse", noise / elements);
  return figures;
}

val Sensitivity::int16_nodes(double share) const {
  return guarded([&] {
    const quantize::MixedPrecision chosen = quantize::choose_int16_nodes(noise_, may_rise_, share);
    val names = val::array();
    for (const NodeId node : chosen.int16_nodes) names.call<void>("push", graph()->node(node).name);
    val result = val::object();
    result.set("nodes", names);
    result.set("share", chosen.share);
    return result;
  });
}

}  // namespace octet::binding
