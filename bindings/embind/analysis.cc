#include "analysis.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "analyze/causes.h"
#include "guarded.h"
#include "ir/short_name.h"
#include "kernels/math.h"
#include "values.h"

namespace octet::binding {
namespace {

/// The fields of a SignalError in types.ts.
void set_figures(val& object, const analyze::ErrorSums& sums) {
  object.set("sqnr", sums.sqnr_db());
  object.set("mse", sums.mse());
  object.set("mae", sums.mae());
  object.set("cosine", sums.cosine());
  object.set("maxError", sums.max_error());
}

/// A list of objects with the fields of an ErrorCause in types.ts.
val causes_of(const analyze::NodeError& error, const Graph& float_graph, const Graph& quantized) {
  val list = val::array();
  for (const analyze::Cause& cause : analyze::find_causes(error, float_graph, quantized)) {
    val object = val::object();
    object.set("kind", std::string(to_string(cause.kind)));
    object.set("sentence", cause.sentence);
    object.set("remedy", cause.remedy);
    if (!cause.channels.empty()) object.set("channels", val::array(cause.channels));
    if (cause.share) object.set("share", *cause.share);
    if (cause.noise_share) object.set("noiseShare", *cause.noise_share);
    if (cause.bits) object.set("bits", *cause.bits);
    list.call<void>("push", object);
  }
  return list;
}

/// A list of objects with the fields of a ChannelError in types.ts.
val channels_of(const analyze::NodeError& error) {
  const auto decibels = [](double signal, double noise) {
    if (noise <= 0) return std::numeric_limits<double>::infinity();
    return signal > 0 ? 10 * kernels::log10(signal / noise) : 0;
  };
  val list = val::array();
  for (const analyze::ChannelSums& channel : error.channels) {
    const auto count = static_cast<double>(std::max<uint64_t>(1, channel.count));
    val object = val::object();
    object.set("low", channel.low);
    object.set("high", channel.high);
    object.set("sqnr", decibels(channel.signal, channel.accumulated));
    object.set("mse", channel.accumulated / count);
    val local = val::object();
    local.set("sqnr", decibels(channel.signal, channel.local));
    local.set("mse", channel.local / count);
    object.set("local", local);
    list.call<void>("push", object);
  }
  return list;
}

}  // namespace

Analysis::Analysis(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized)
    : Sample(float_graph), analyzer_(std::move(float_graph), std::move(quantized)) {}

val Analysis::observe() {
  return guarded([&] { return copy_of(analyzer_.observe(inputs())); });
}

val Analysis::fold(const val& sums) {
  return guarded([&] {
    analyzer_.fold(bytes_of(sums));
    return val::undefined();
  });
}

val Analysis::errors(bool per_channel) const {
  return guarded([&] {
    val list = val::array();
    const auto labels = short_names(analyzer_.quantized_graph());
    for (const analyze::NodeError& error : analyzer_.errors()) {
      val row = val::object();
      row.set("node", error.node);
      row.set("label", labels.at(error.node));
      row.set("operator", std::string(to_string(error.op)));
      row.set("unit", std::string(to_string(error.unit)));
      set_figures(row, error.sums.accumulated);
      val local = val::object();
      set_figures(local, error.sums.local);
      row.set("local", local);
      row.set("saturation", analyze::saturation(error));
      if (const std::optional<analyze::NoiseShares> shares = analyze::noise_shares(error)) {
        val parts = val::object();
        parts.set("weights", shares->weights);
        parts.set("activations", shares->activations);
        row.set("noise", parts);
      }
      row.set("causes", causes_of(error, analyzer_.float_graph(), analyzer_.quantized_graph()));
      if (per_channel) row.set("channels", channels_of(error));
      list.call<void>("push", row);
    }
    return list;
  });
}

}  // namespace octet::binding
