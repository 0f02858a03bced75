#include "analysis.h"

#include <algorithm>
#include <string>
#include <utility>

#include "analyze/causes.h"
#include "analyze/channel_axes.h"
#include "analyze/parts.h"
#include "guarded.h"
#include "ir/short_name.h"
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
val causes_of(const std::vector<analyze::Cause>& causes) {
  val list = val::array();
  for (const analyze::Cause& cause : causes) {
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

/// The fields of a ChannelError in types.ts, of one channel or of several together.
void set_channel_figures(val& object, const analyze::ChannelSums& sums) {
  const auto count = static_cast<double>(std::max<uint64_t>(1, sums.count));
  object.set("low", sums.low);
  object.set("high", sums.high);
  object.set("sqnr", sums.sqnr_db());
  object.set("mse", sums.accumulated / count);
  val local = val::object();
  local.set("sqnr", sums.local_sqnr_db());
  local.set("mse", sums.local / count);
  object.set("local", local);
}

/// A list of objects with the fields of a ChannelError in types.ts.
val channels_of(const analyze::NodeError& error) {
  val list = val::array();
  for (const analyze::ChannelSums& channel : error.channels()) {
    val object = val::object();
    set_channel_figures(object, channel);
    list.call<void>("push", object);
  }
  return list;
}

/// A list of objects with the fields of an ErrorPart in types.ts.
val parts_of(const analyze::Parts& parts) {
  val list = val::array();
  for (const analyze::Part& part : parts.parts) {
    val object = val::object();
    object.set("axis", parts.axis);
    object.set("channels", val::array(part.channels));
    set_channel_figures(object, part.sums);
    if (part.step > 0) object.set("step", part.step);
    object.set("lost", val::array(part.lost));
    object.set("weak", part.is_weak(parts.whole));
    list.call<void>("push", object);
  }
  return list;
}

/// A list of objects with the fields of an OutputError in types.ts.
val outputs_of(const analyze::NodeError& error, analyze::ChannelAxes& channels) {
  val list = val::array();
  for (const analyze::ComparedOutput& output : error.outputs) {
    const analyze::Parts parts = analyze::divide(error.axes_of(output.tensor), channels);
    val object = val::object();
    object.set("output", output.name);
    object.set("node", error.node);
    set_channel_figures(object, parts.whole);
    object.set("parts", parts_of(parts));
    object.set("warnings", val::array(part_warnings(parts, output.name)));
    list.call<void>("push", object);
  }
  return list;
}

}  // namespace

Analysis::Analysis(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                   analyze::Compared compared)
    : Sample(float_graph), analyzer_(std::move(float_graph), std::move(quantized), compared) {}

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
    analyze::ChannelAxes channels(analyzer_.quantized_graph());
    val list = val::array();
    const auto labels = short_names(analyzer_.quantized_graph());
    for (const analyze::NodeError& error : analyzer_.errors()) {
      const analyze::Parts parts = analyze::divide(error.axes_of(error.output), channels);
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
        val noise = val::object();
        noise.set("weights", shares->weights);
        noise.set("activations", shares->activations);
        row.set("noise", noise);
      }
      row.set("causes",
              causes_of(find_causes(error, parts, analyzer_.float_graph(), analyzer_.quantized_graph())));
      if (parts.parts.size() > 1) row.set("parts", parts_of(parts));
      if (!error.outputs.empty()) row.set("outputs", outputs_of(error, channels));
      if (per_channel) row.set("channels", channels_of(error));
      list.call<void>("push", row);
    }
    return list;
  });
}

}  // namespace octet::binding
