#include "quantize/ranges/value_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "emulate/evaluate.h"
#include "ops/operator.h"
#include "quantize/ranges/integer_params.h"
#include "quantize/ranges/part_ratio.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {
namespace {

using calibrate::Range;
using ops::OutputQuantization;

/// Of so many channels one must be of a narrow kind: few that stay near zero are none.
constexpr size_t kMostPerNarrowChannel = 16;
/// How many times finer its own scale must be for a part to be worth keeping apart.
constexpr double kWorthwhile = 2;

const ops::QuantizationRule& rule_of(const Node& node) { return ops::operator_of(node.op).quantization; }

/// Operators that change each value alone, those of all parts alike.
bool clamps(OpKind kind) { return ops::operator_of(kind).elements == ops::Elements::Straight; }

bool moves(const Node& node) { return ops::keeps_scale(ops::operator_of(node.op)); }

/// True for operands whose values the node moves or clamps.
bool holds_values(const Graph& graph, const Node& node, size_t i) {
  if (node.inputs[i] == TensorId::None || graph.tensor(node.inputs[i]).dtype != DType::Float32) return false;
  if (clamps(node.op)) return !graph.tensor(node.inputs[i]).is_constant();
  return ops::is_moved_operand(ops::operator_of(node.op), i);
}

float padding_of(const Node& node) {
  const Pad* pad = std::get_if<Pad>(&node.attributes);
  return pad != nullptr ? pad->value : 0;
}

/// Infinite where the value is.
Range including(Range range, float value) {
  if (std::isnan(value)) return range;
  return {std::min<double>(range.low, value), std::max<double>(range.high, value)};
}

double magnitude(Range range) { return std::max(-range.low, range.high); }

Range united(Range a, Range b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

Range clamped(Range range, Range bounds) {
  return {std::max(range.low, bounds.low), std::min(range.high, bounds.high)};
}

/// Channels that are not always zero, narrow kinds first. They are of different kinds where none has a range
/// in between: ranges that decrease gradually are no sign of it.
std::vector<std::vector<size_t>> kinds_of(std::span<const calibrate::Extremes> channels) {
  const auto magnitude_of = [&](size_t c) { return std::max(-channels[c].low, channels[c].high); };
  std::vector<size_t> order;
  for (size_t c = 0; c < channels.size(); ++c) {
    if (magnitude_of(c) > 0) order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return magnitude_of(a) < magnitude_of(b); });
  std::vector<std::vector<size_t>> kinds;
  double before = 0;
  for (const size_t c : order) {
    const double here = static_cast<double>(magnitude_of(c));
    const bool differs = here > kPartRatio * before;
    if (kinds.empty() || (differs && kinds.back().size() * kMostPerNarrowChannel >= order.size()))
      kinds.emplace_back();
    kinds.back().push_back(c);
    before = here;
  }
  return kinds;
}

}  // namespace

bool keeps_parts(const Node& node) { return moves(node) || clamps(node.op); }

ValueParts::ValueParts(const Graph& graph, const calibrate::Calibrator& calibration,
                       const RelevantValues& relevant, const QuantizationParams& params)
    : graph_(graph),
      calibration_(calibration),
      relevant_(relevant),
      params_(params),
      own_methods_(own_methods(graph, params)),
      producer_(producers(graph)),
      contents_(graph.tensors.size()) {
  for (const Node& node : graph.nodes) follow(node);
  for (Content& content : contents_) content.places = nullptr;
}

void ValueParts::follow(const Node& node) {
  for (const TensorId output : node.outputs) split_channels(output);
  if (!keeps_parts(node)) return;
  const auto has_parts = [&](TensorId id) {
    return id != TensorId::None && !contents_[index(id)].parts.empty();
  };
  const bool reads_parts = std::any_of(node.inputs.begin(), node.inputs.end(), has_parts);
  if (reads_parts || joins_unequal_parts(node)) move(node);
}

void ValueParts::split_channels(TensorId id) {
  const calibrate::AxisExtremes* const axes = calibration_.edge_channels().of(id);
  // What only a SOFTMAX reads may be masked: the wide kind stands for minus infinity then, and is no part.
  if (axes == nullptr || is_bounded(relevant_.of(id))) return;
  const Part whole = part_of(id);
  const Shape& shape = graph_.tensor(id).shape;
  for (size_t axis = 0; axis < axes->size(); ++axis) {
    const std::vector<calibrate::Extremes>& channels = (*axes)[axis];
    const std::vector<std::vector<size_t>> kinds = kinds_of(channels);
    if (kinds.size() < 2) continue;
    std::vector<PartId> part_of_channel(channels.size(), 0);
    std::vector<PartId> parts;
    for (const std::vector<size_t>& kind : kinds) {
      Range range;
      parts.push_back(static_cast<PartId>(parts_.size()));
      for (const size_t c : kind) {
        range = united(range, {static_cast<double>(channels[c].low), static_cast<double>(channels[c].high)});
        part_of_channel[c] = parts.back();
      }
      parts_.push_back({.int8 = clamped(range, whole.int8), .int16 = clamped(range, whole.int16)});
    }
    const auto inner = static_cast<size_t>(shape.elements(static_cast<int>(axis) + 1, shape.rank()));
    std::vector<PartId> places(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < places.size(); ++i) places[i] = part_of_channel[i / inner % channels.size()];
    contents_[index(id)] = {std::move(parts), make_constant(std::span<const PartId>(places))};
    return;
  }
}

bool ValueParts::joins_unequal_parts(const Node& node) {
  if (!moves(node) || clamps(node.op)) return false;
  std::vector<Part> parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (holds_values(graph_, node, i))
      parts.push_back(parts_[static_cast<size_t>(number_of(node.inputs[i]))]);
  }
  if (padding_of(node) != 0) parts.push_back(padding_part(node));
  constexpr Range kAll = {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  return parts.size() > 1 && mismatch_of(std::move(parts), node.outputs[0], kAll, Precision::Int8);
}

void ValueParts::move(const Node& node) {
  std::vector<Content> operands(node.inputs.size());
  std::set<PartId> parts;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!holds_values(graph_, node, i)) continue;
    // What only clamps joins nothing by itself.
    const TensorId id = node.inputs[i];
    operands[i] = clamps(node.op) ? contents_[index(id)] : content_of(id);
    parts.insert(operands[i].parts.begin(), operands[i].parts.end());
  }
  PartId padding = 0;
  if (padding_of(node) != 0) {
    padding = static_cast<PartId>(parts_.size());
    parts_.push_back(padding_part(node));
    parts.insert(padding);
  }
  if (move_places(node, operands, padding)) return;
  for (const TensorId output : node.outputs)
    contents_[index(output)].parts.assign(parts.begin(), parts.end());
}

bool ValueParts::move_places(const Node& node, std::span<const Content> operands, PartId padding) {
  const TensorId first_output = node.outputs[0];
  if (clamps(node.op)) {
    for (size_t i = 0; i < operands.size(); ++i) {
      if (!operands[i].places || graph_.tensor(node.inputs[i]).shape != graph_.tensor(first_output).shape)
        continue;
      contents_[index(first_output)] = operands[i];
      return true;
    }
    return false;
  }
  if (ops::operator_of(node.op).kernels.plain == nullptr) return false;
  Graph alone;
  Node copy = node;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == TensorId::None) continue;
    Tensor operand = graph_.tensor(node.inputs[i]);
    if (holds_values(graph_, node, i)) {
      operand.dtype = DType::Int32;
      operand.constant = operands[i].places;
    }
    if (!operand.is_constant()) return false;
    copy.inputs[i] = alone.add_tensor(std::move(operand));
  }
  for (TensorId& output : copy.outputs) {
    Tensor places = graph_.tensor(output);
    places.dtype = DType::Int32;
    output = alone.add_tensor(std::move(places));
  }
  if (Pad* pad = std::get_if<Pad>(&copy.attributes)) pad->value = static_cast<float>(padding);
  emulate::make_constant_outputs(alone, copy);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const Tensor& places = alone.tensor(copy.outputs[i]);
    const std::set<PartId> parts(places.values<PartId>().begin(), places.values<PartId>().end());
    contents_[index(node.outputs[i])] = {{parts.begin(), parts.end()}, places.constant};
  }
  return true;
}

ValueParts::Part ValueParts::padding_part(const Node& node) {
  const Range range = including({}, padding_of(node));
  return {.int8 = range, .int16 = range};
}

ValueParts::Content ValueParts::content_of(TensorId id) {
  if (!contents_[index(id)].parts.empty()) return contents_[index(id)];
  const PartId part = number_of(id);
  const std::vector<PartId> places(static_cast<size_t>(graph_.tensor(id).shape.elements()), part);
  return {{part}, make_constant(std::span<const PartId>(places))};
}

ValueParts::PartId ValueParts::number_of(TensorId id) {
  const auto [number, is_new] = numbers_.try_emplace(id, static_cast<PartId>(parts_.size()));
  if (is_new) parts_.push_back(part_of(id));
  return number->second;
}

ValueParts::Part ValueParts::part_of(TensorId id) const {
  const Tensor& tensor = graph_.tensor(id);
  if (tensor.is_constant()) {
    Range range;
    for (const float value : tensor.values<float>()) range = including(range, value);
    return {.int8 = range, .int16 = range};
  }
  const calibrate::Method& method = method_of(id, own_methods_, params_);
  const calibrate::TensorStatistics& statistics = calibration_.statistics(id);
  return {.int8 = calibrate::choose_range(statistics, method, 8, int8_is_asymmetric(params_)),
          .int16 = calibrate::choose_range(statistics, method, 16, false),
          .fixed_int8 = fixed_scale(id, Precision::Int8),
          .fixed_int16 = fixed_scale(id, Precision::Int16)};
}

/// What only moves the values on the way to the tensor changes no scale.
double ValueParts::fixed_scale(TensorId id, Precision precision) const {
  const Node* node = nullptr;
  do {
    if (producer_[index(id)] == NodeId::None) return 0;
    node = &graph_.node(producer_[index(id)]);
    if (!is_integer(*node)) return 0;
    id = node->inputs[rule_of(*node).same_as];
  } while (rule_of(*node).output == OutputQuantization::SameAsInput);
  const ops::QuantizationRule& rule = rule_of(*node);
  if (rule.output != OutputQuantization::Fixed) return 0;
  return static_cast<double>(precision == Precision::Int8 ? rule.fixed_scale : rule.fixed_scale_int16);
}

std::optional<Mismatch> ValueParts::mismatch(TensorId id, Precision precision) const {
  const std::vector<PartId>& numbers = contents_[index(id)].parts;
  if (numbers.size() < 2) return {};
  const calibrate::TensorStatistics& statistics = calibration_.statistics(id);
  if (statistics.count() == 0) return {};
  // A node on the way may have clamped some parts.
  const Range bounds =
      united({static_cast<double>(statistics.low()), static_cast<double>(statistics.high())}, {});
  std::vector<Part> parts;
  for (const PartId number : numbers) parts.push_back(parts_[static_cast<size_t>(number)]);
  return mismatch_of(std::move(parts), id, bounds, precision);
}

std::optional<Mismatch> ValueParts::mismatch_of(std::vector<Part> parts, TensorId id, Range bounds,
                                                Precision precision) const {
  const ops::Interval relevant = relevant_.of(id);
  for (Part& part : parts) {
    for (Range* range : {&part.int8, &part.int16}) {
      // What makes no difference, as a mask before a SOFTMAX, may be moved to the nearest that does.
      *range = {std::clamp(range->low, relevant.low, relevant.high),
                std::clamp(range->high, relevant.low, relevant.high)};
      *range = united(clamped(*range, bounds), {});
      // An infinity that makes a difference has no steps in any scale.
      if (!std::isfinite(range->low)) range->low = 0;
      if (!std::isfinite(range->high)) range->high = 0;
    }
  }
  const bool int16 = precision == Precision::Int16;
  const bool asymmetric = !int16 && int8_is_asymmetric(params_);
  const auto range = [&](const Part& part) { return int16 ? part.int16 : part.int8; };
  const auto scale = [&](Range of) {
    return static_cast<double>((int16 ? int16_params(of) : int8_params(of, asymmetric)).scale[0]);
  };
  const auto width = [&](Range of) { return asymmetric ? of.high - of.low : magnitude(of); };
  Range whole;
  for (const Part& part : parts) whole = united(whole, range(part));
  if (width(whole) <= 0) return {};
  Mismatch found = {.widest = magnitude(whole), .narrowest = magnitude(whole)};
  bool lost = false;
  for (const Part& part : parts) {
    if (width(range(part)) <= 0) continue;
    const double fixed = int16 ? part.fixed_int16 : part.fixed_int8;
    const double own = fixed > 0 ? fixed : scale(range(part));
    if (width(range(part)) >= kFewestSteps * scale(whole) || scale(whole) < kWorthwhile * own) continue;
    lost = true;
    found.narrowest = std::min(found.narrowest, magnitude(range(part)));
  }
  return lost ? std::optional(found) : std::nullopt;
}

}  // namespace octet::quantize
