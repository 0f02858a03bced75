#include "analyze/layer_error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <unordered_map>

#include "analyze/channel_axes.h"
#include "kernels/arithmetic/convert.h"
#include "quantize/prequantized/float_twin.h"

namespace octet::analyze {
namespace {

bool is_comparable(const Tensor& tensor) {
  const bool integer = tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16;
  return tensor.dtype == DType::Float32 || tensor.dtype == DType::BFloat16 ||
         (integer && tensor.quantization.has_value());
}

template <class T>
void dequantize(const Tensor& tensor, std::span<const std::byte> contents, std::vector<float>& reals) {
  const std::span<const T> integers = as<T>(contents);
  reals.resize(integers.size());
  kernels::dequantize(integers.data(), reals.data(), integers.size(), tensor.quantization->scale[0],
                      tensor.quantization->zero_point[0]);
}

/// The reals that a tensor's contents stand for, in `buffer` where they are not float32.
std::span<const float> reals(const Tensor& tensor, std::span<const std::byte> contents,
                             std::vector<float>& buffer) {
  switch (tensor.dtype) {
    case DType::Float32:
      return as<float>(contents);
    case DType::BFloat16:
      buffer.resize(contents.size() / sizeof(uint16_t));
      kernels::widen_bfloat16(as<uint16_t>(contents).data(), buffer.data(), buffer.size());
      return buffer;
    case DType::Int16:
      dequantize<int16_t>(tensor, contents, buffer);
      return buffer;
    default:
      dequantize<int8_t>(tensor, contents, buffer);
      return buffer;
  }
}

/// Inverse of reals(): writes `values` in the representation of a comparable tensor.
void represent(const Tensor& tensor, std::span<const float> values, std::span<std::byte> contents) {
  const auto quantize = [&](auto* integers) {
    kernels::quantize(values.data(), integers, values.size(), tensor.quantization->scale[0],
                      tensor.quantization->zero_point[0]);
  };
  switch (tensor.dtype) {
    case DType::Float32:
      std::memcpy(contents.data(), values.data(), contents.size());
      return;
    case DType::BFloat16:
      kernels::narrow_to_bfloat16(values.data(), reinterpret_cast<uint16_t*>(contents.data()), values.size());
      return;
    case DType::Int16:
      quantize(reinterpret_cast<int16_t*>(contents.data()));
      return;
    default:
      quantize(reinterpret_cast<int8_t*>(contents.data()));
  }
}

bool is_output(const Graph& graph, TensorId id) {
  return std::find(graph.outputs.begin(), graph.outputs.end(), id) != graph.outputs.end();
}

bool has_bfloat16(const Graph& graph) {
  return std::any_of(graph.tensors.begin(), graph.tensors.end(),
                     [](const Tensor& tensor) { return tensor.dtype == DType::BFloat16; });
}

}  // namespace

void NodeSums::merge(const NodeSums& other) {
  accumulated.merge(other.accumulated);
  local.merge(other.local);
  weight_noise += other.weight_noise;
  outside += other.outside;
  clipped_noise += other.clipped_noise;
  saturated += other.saturated;
}

void ChannelSums::merge(const ChannelSums& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
  count += other.count;
  signal += other.signal;
  accumulated += other.accumulated;
  local += other.local;
}

std::vector<AxisSums> NodeError::axes_of(TensorId tensor) const {
  std::vector<AxisSums> found;
  std::copy_if(axes.begin(), axes.end(), std::back_inserter(found),
               [&](const AxisSums& sums) { return sums.tensor == tensor; });
  return found;
}

LayerErrorAnalyzer::LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph,
                                       std::shared_ptr<const Graph> quantized, Compared compared)
    : compared_(compared),
      float_(float_graph),
      quantized_(quantized),
      float_slot_(float_graph->tensors.size(), -1),
      quantized_slot_(quantized->tensors.size(), -1) {
  match_outputs(*float_graph, *quantized);
  float_values_.resize(node_of_slot_.size());
  if (compared_ == Compared::Outputs || has_bfloat16(*quantized)) return;
  twin_ = std::make_unique<emulate::Executor>(
      std::make_shared<const Graph>(quantize::float_twin(*quantized).graph));
  match_twin();
}

void LayerErrorAnalyzer::match_outputs(const Graph& float_graph, const Graph& quantized) {
  const ChannelAxes channels(quantized);
  std::unordered_map<std::string, size_t> quantized_nodes;
  for (size_t n = 0; n < quantized.nodes.size(); ++n) quantized_nodes.emplace(quantized.nodes[n].name, n);
  for (size_t n = 0; n < float_graph.nodes.size(); ++n) {
    const Node& node = float_graph.nodes[n];
    const auto found = quantized_nodes.find(node.name);
    if (found == quantized_nodes.end()) continue;
    const Node& other = quantized.nodes[found->second];
    bool compared = false;
    for (size_t i = 0; i < std::min(node.outputs.size(), other.outputs.size()); ++i) {
      const Tensor& reference = float_graph.tensor(node.outputs[i]);
      const Tensor& actual = quantized.tensor(other.outputs[i]);
      if (reference.dtype != DType::Float32 || !is_comparable(actual)) continue;
      if (!(actual.shape == reference.shape)) continue;
      if (compared_ == Compared::Outputs && !is_output(float_graph, node.outputs[i])) continue;
      if (!compared) {
        errors_.push_back({.node = node.name, .op = node.op, .unit = node.placement.unit, .sums = {}});
        errors_.back().float_node = static_cast<NodeId>(n);
        errors_.back().quantized_node = static_cast<NodeId>(found->second);
      }
      compared = true;
      add_slot(node.outputs[i], other.outputs[i], channels);
    }
  }
}

void LayerErrorAnalyzer::add_slot(TensorId float_id, TensorId quantized_id, const ChannelAxes& channels) {
  const auto slot = static_cast<int32_t>(node_of_slot_.size());
  const Graph& quantized = quantized_.graph();
  const Tensor& actual = quantized.tensor(quantized_id);
  float_slot_[index(float_id)] = slot;
  quantized_slot_[index(quantized_id)] = slot;
  node_of_slot_.push_back(errors_.size() - 1);
  ends_.push_back(integer_range(actual));
  axes_of_slot_.emplace_back();
  NodeError& error = errors_.back();
  const std::vector<TensorId>& outputs = float_.graph().outputs;
  for (size_t o = 0; o < std::min(outputs.size(), quantized.outputs.size()); ++o) {
    if (outputs[o] == float_id)
      error.outputs.push_back({.name = quantized.tensor(quantized.outputs[o]).name, .tensor = quantized_id});
  }
  const int rank = actual.shape.rank();
  const bool first = error.output == TensorId::None && rank > 0;
  if (first) {
    error.output = quantized_id;
    add_axis(quantized_id, rank - 1);
  } else if (!is_output(float_.graph(), float_id)) {
    return;
  }
  for (const int axis : channels.of(quantized_id)) {
    if (!first || axis != rank - 1) add_axis(quantized_id, axis);
  }
}

void LayerErrorAnalyzer::add_axis(TensorId tensor, int axis) {
  const Shape& shape = quantized_.graph().tensor(tensor).shape;
  const auto extent = static_cast<size_t>(shape[axis]);
  const auto inner = static_cast<size_t>(shape.elements(axis + 1, shape.rank()));
  axes_of_slot_.back().push_back({.extent = extent, .inner = inner, .first = channels_});
  errors_.back().axes.push_back(
      {.tensor = tensor, .axis = axis, .channels = std::vector<ChannelSums>(extent)});
  channels_ += extent;
}

void LayerErrorAnalyzer::match_twin() {
  const Graph& twin = twin_->graph();
  twin_slot_.assign(twin.tensors.size(), -1);
  std::unordered_map<std::string, const Node*> nodes;
  for (const Node& node : twin.nodes) nodes.emplace(node.name, &node);
  for (NodeError& error : errors_) {
    const Node& node = float_.graph().node(error.float_node);
    const auto found = nodes.find(node.name);
    if (found == nodes.end()) continue;
    error.has_weight_noise = true;
    for (size_t i = 0; i < std::min(node.outputs.size(), found->second->outputs.size()); ++i) {
      const TensorId id = found->second->outputs[i];
      const bool same = twin.tensor(id).dtype == DType::Float32 &&
                        twin.tensor(id).shape == float_.graph().tensor(node.outputs[i]).shape;
      if (same) twin_slot_[index(id)] = float_slot_[index(node.outputs[i])];
    }
  }
}

void LayerErrorAnalyzer::run_float(std::span<const std::span<const std::byte>> inputs, SampleSums& sums) {
  float_.set_inputs(inputs);
  float_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t found = float_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    const std::span<const float> values = as<float>(contents);
    float_values_[slot].assign(values.begin(), values.end());
    look_at_ends(slot, sums.nodes[node_of_slot_[slot]]);
    observe_channels(slot, sums);
  });
}

void LayerErrorAnalyzer::look_at_ends(size_t slot, NodeSums& sums) const {
  if (!ends_[slot]) return;
  const auto& [step, low, high] = *ends_[slot];
  for (const float value : float_values_[slot]) {
    const double real = value;
    const double beyond = std::max(low - real, real - high);
    // What rounds to the end is not outside. Not a number is nowhere.
    if (!(beyond > step / 2)) continue;
    ++sums.outside;
    sums.clipped_noise += beyond * beyond;
  }
}

void LayerErrorAnalyzer::count_saturated(size_t slot, std::span<const float> actual, NodeSums& sums) const {
  if (!ends_[slot]) return;
  const auto& [step, low, high] = *ends_[slot];
  const std::vector<float>& exact = float_values_[slot];
  for (size_t i = 0; i < actual.size(); ++i) {
    const double real = actual[i];
    const double reference = exact[i];
    // Reals are rounded to float32: a quarter of a step tells neighbours apart.
    const bool at_low = real < low + step / 4;
    const bool at_high = real > high - step / 4;
    if ((at_low && std::abs(reference - low) > step / 2) ||
        (at_high && std::abs(reference - high) > step / 2))
      ++sums.saturated;
  }
}

std::span<const float> LayerErrorAnalyzer::reals_of(TensorId id, std::span<const std::byte> contents) {
  return reals(quantized_.graph().tensor(id), contents, dequantized_);
}

void LayerErrorAnalyzer::compare(size_t slot, std::span<const float> actual, ErrorSums& sums) {
  sums.add(float_values_[slot], actual);
}

template <class Visit>
void LayerErrorAnalyzer::each_element(const SlotAxis& axis, size_t elements, Visit&& visit) {
  for (size_t i = 0; i < elements;) {
    if (axis.inner == 1) {
      for (size_t c = 0; c < axis.extent; ++c) visit(c, i++);
      continue;
    }
    for (size_t c = 0; c < axis.extent; ++c) {
      for (const size_t end = i + axis.inner; i < end; ++i) visit(c, i);
    }
  }
}

void LayerErrorAnalyzer::observe_channels(size_t slot, SampleSums& sums) const {
  const std::vector<float>& exact = float_values_[slot];
  for (const SlotAxis& axis : axes_of_slot_[slot]) {
    ChannelSums* const channels = &sums.channels[axis.first];
    each_element(axis, exact.size(), [&](size_t c, size_t i) { channels[c].add(exact[i]); });
  }
}

void LayerErrorAnalyzer::compare_channels(size_t slot, std::span<const float> actual, ChannelSum sum,
                                          SampleSums& sums) const {
  const std::vector<float>& exact = float_values_[slot];
  for (const SlotAxis& axis : axes_of_slot_[slot]) {
    ChannelSums* const channels = &sums.channels[axis.first];
    each_element(axis, exact.size(), [&](size_t c, size_t i) {
      const double difference = static_cast<double>(exact[i]) - static_cast<double>(actual[i]);
      channels[c].*sum += difference * difference;
    });
  }
}

void LayerErrorAnalyzer::run_quantized(std::span<const std::span<const std::byte>> inputs, SampleSums& sums) {
  quantized_.set_inputs(inputs);
  quantized_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t found = quantized_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    NodeSums& node = sums.nodes[node_of_slot_[slot]];
    const std::span<const float> actual = reals_of(id, contents);
    compare(slot, actual, node.accumulated);
    compare_channels(slot, actual, &ChannelSums::accumulated, sums);
    count_saturated(slot, actual, node);
  });
  if (compared_ == Compared::Outputs) return;

  quantized_.set_inputs(inputs);
  quantized_.run_edited([&](TensorId id, std::span<std::byte> contents) {
    const int32_t found = quantized_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    const std::span<const float> actual = reals_of(id, contents);
    compare(slot, actual, sums.nodes[node_of_slot_[slot]].local);
    compare_channels(slot, actual, &ChannelSums::local, sums);
    represent(quantized_.graph().tensor(id), float_values_[slot], contents);
  });
}

void LayerErrorAnalyzer::run_twin(std::span<const std::span<const std::byte>> inputs, SampleSums& sums) {
  if (!twin_) return;
  twin_->set_inputs(inputs);
  twin_->run_edited([&](TensorId id, std::span<std::byte> contents) {
    const int32_t found = twin_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    auto* actual = reinterpret_cast<float*>(contents.data());
    const std::vector<float>& exact = float_values_[slot];
    double& noise = sums.nodes[node_of_slot_[slot]].weight_noise;
    for (size_t i = 0; i < exact.size(); ++i) {
      const double difference = static_cast<double>(actual[i]) - static_cast<double>(exact[i]);
      noise += difference * difference;
    }
    std::copy(exact.begin(), exact.end(), actual);
  });
}

SampleSums LayerErrorAnalyzer::observe(std::span<const std::span<const std::byte>> inputs) {
  SampleSums sums;
  sums.nodes.resize(errors_.size());
  sums.channels.resize(channels_);
  run_float(inputs, sums);
  run_quantized(inputs, sums);
  run_twin(inputs, sums);
  return sums;
}

void LayerErrorAnalyzer::fold(const SampleSums& sample) {
  if (sample.nodes.size() != errors_.size() || sample.channels.size() != channels_) {
    throw Error(ErrorCode::InvalidInput, "The layer errors of a sample are of another model.");
  }
  auto channel = sample.channels.begin();
  for (size_t i = 0; i < errors_.size(); ++i) {
    errors_[i].sums.merge(sample.nodes[i]);
    for (AxisSums& axis : errors_[i].axes) {
      for (ChannelSums& sums : axis.channels) sums.merge(*channel++);
    }
  }
}

}  // namespace octet::analyze
