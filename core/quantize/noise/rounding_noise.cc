#include "quantize/noise/rounding_noise.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>

#include "emulate/prepare_kernels.h"
#include "ir/digest.h"
#include "kernels/arithmetic/convert.h"
#include "ops/operator.h"
#include "quantize/prequantized/float_twin.h"

namespace octet::quantize {
namespace {

/// True when what the node puts out needs no rounding where its inputs were rounded with the same parameters.
bool only_moves(const Node& node) {
  const ops::Operator& op = ops::operator_of(node.op);
  return ops::keeps_scale(op) && op.elements != ops::Elements::Computed;
}

/// The draft's nodes by name.
using NodesByName = std::unordered_map<std::string, const Node*>;

NodesByName nodes_by_name(const Graph& graph) {
  NodesByName nodes;
  for (const Node& node : graph.nodes) nodes.emplace(node.name, &node);
  return nodes;
}

const QuantParams* int8_params(const Graph& graph, TensorId id) {
  if (id == TensorId::None) return nullptr;
  const Tensor& tensor = graph.tensor(id);
  return tensor.dtype == DType::Int8 && tensor.quantization && !tensor.is_constant() ? &*tensor.quantization
                                                                                     : nullptr;
}

/// What the node rounds the tensor with, as its output or else as its input.
const QuantParams* rounding_of(const Graph& draft, const NodesByName& nodes, const Node& node, TensorId id) {
  const auto found = nodes.find(node.name);
  if (found == nodes.end()) return nullptr;
  const Node& quantized = *found->second;
  for (size_t i = 0; i < std::min(node.outputs.size(), quantized.outputs.size()); ++i) {
    if (node.outputs[i] == id) return int8_params(draft, quantized.outputs[i]);
  }
  for (size_t i = 0; i < std::min(node.inputs.size(), quantized.inputs.size()); ++i) {
    if (node.inputs[i] == id) return int8_params(draft, quantized.inputs[i]);
  }
  return nullptr;
}

double squared_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// Signs that look random, and are the same for the same sample wherever it is looked at.
class Signs {
 public:
  explicit Signs(std::span<const std::span<const std::byte>> sample) {
    for (const std::span<const std::byte> input : sample) state_ = digest_of(input, state_);
  }

  float next() {
    // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return (state_ * 0x2545f4914f6cdd1du) >> 63 != 0 ? 1.0f : -1.0f;
  }

 private:
  uint64_t state_ = kDigestOfNothing;
};

/// What rounding adds to each value. In float32: an estimate does not ask for the kernels' exact ties.
void find_rounding(std::span<const float> exact, const QuantParams& params, std::span<float> change) {
  const float step = params.scale[0];
  const float low = static_cast<float>(-128 - params.zero_point[0]);
  const float high = static_cast<float>(127 - params.zero_point[0]);
  for (size_t i = 0; i < exact.size(); ++i)
    change[i] = step * std::clamp(std::nearbyint(exact[i] / step), low, high) - exact[i];
}

/// The expected square of what `change` moves the probe by, where changes of channels have random signs.
double power_by_channel(const Shape& shape, std::span<const float> change, std::span<const float> moved) {
  const size_t channels = shape.rank() == 0 ? 1 : static_cast<size_t>(shape[-1]);
  std::vector<float> sums(channels, 0.0f);
  for (size_t i = 0; i < change.size(); i += channels) {
    for (size_t c = 0; c < channels; ++c) sums[c] += change[i + c] * moved[i + c];
  }
  double power = 0;
  for (const float sum : sums) power += static_cast<double>(sum) * static_cast<double>(sum);
  return power;
}

}  // namespace

RoundingNoise::RoundingNoise(std::shared_ptr<const Graph> graph, std::shared_ptr<const Graph> quantized,
                             Weights weights)
    : graph_(std::move(graph)),
      replay_(graph_),
      draft_(std::move(quantized)),
      int8_(graph_->nodes.size(), false) {
  const Graph& draft = draft_.graph();
  const NodesByName nodes = nodes_by_name(draft);
  const auto params_of = [&](NodeId node, TensorId id) {
    return rounding_of(draft, nodes, graph_->node(node), id);
  };
  const std::vector<NodeId> producer = producers(*graph_);
  const std::vector<std::vector<NodeId>> readers = consumers(*graph_);
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    const auto is_int8 = [&](TensorId id) { return params_of(static_cast<NodeId>(n), id) != nullptr; };
    int8_[n] = std::any_of(node.outputs.begin(), node.outputs.end(), is_int8) ||
               std::any_of(node.inputs.begin(), node.inputs.end(), is_int8);
  }
  for (size_t t = 0; t < graph_->tensors.size(); ++t) {
    if (!graph_->tensors[t].is_constant() && graph_->tensors[t].dtype == DType::Float32)
      add_tensor(static_cast<TensorId>(t), producer[t], readers[t], params_of);
  }
  for (const TensorId output : graph_->outputs) {
    measured_.push_back(producer[index(output)] != NodeId::None &&
                        graph_->tensor(output).dtype == DType::Float32);
  }
  add_weights(draft, weights);
  sums_.resize((sources_.size() + 1) * outputs());
}

void RoundingNoise::add_weights(const Graph& draft, Weights weights) {
  const FloatTwin twin = float_twin(draft);
  std::vector<std::unique_ptr<ops::Kernel>> kernels = emulate::prepare_kernels(twin.graph);
  std::unordered_map<std::string, size_t> twins;
  for (size_t n = 0; n < twin.graph.nodes.size(); ++n) twins.emplace(twin.graph.nodes[n].name, n);
  rounded_.resize(graph_->nodes.size());
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    const auto found = twins.find(node.name);
    if (!ops::operator_of(node.op).quantization.weight || found == twins.end()) continue;
    if (!octet::is_integer(twin.graph.nodes[found->second].placement.precision)) continue;
    rounded_[n] = std::move(kernels[found->second]);
    if (weights == Weights::Each) add_source({.node = static_cast<NodeId>(n)}, {});
  }
  if (weights == Weights::Together) add_source({}, {});
}

std::vector<const ops::Kernel*> RoundingNoise::kernels_of(NodeId node) const {
  std::vector<const ops::Kernel*> kernels(rounded_.size(), nullptr);
  for (size_t n = 0; n < rounded_.size(); ++n) {
    if (node == NodeId::None || index(node) == n) kernels[n] = rounded_[n].get();
  }
  return kernels;
}

size_t RoundingNoise::add_source(NoiseSource source, std::optional<QuantParams> params) {
  sources_.push_back(std::move(source));
  params_.push_back(std::move(params));
  return sources_.size() - 1;
}

void RoundingNoise::add_tensor(TensorId id, NodeId producer, const std::vector<NodeId>& readers,
                               const ParamsOf& params_of) {
  TensorSources sources = {.tensor = id, .producer = producer, .where_computed = {}, .where_read = {}};
  const QuantParams* params = nullptr;
  const bool computed = producer != NodeId::None && int8_[index(producer)];
  if (computed) params = params_of(producer, id);
  for (const NodeId reader : readers) {
    if (int8_[index(reader)] && params == nullptr) params = params_of(reader, id);
  }
  if (params == nullptr) return;
  if (computed && !only_moves(graph_->node(producer)))
    sources.where_computed = add_source({.node = producer, .tensor = id}, *params);
  const bool is_output =
      std::find(graph_->outputs.begin(), graph_->outputs.end(), id) != graph_->outputs.end();
  for (const NodeId reader : readers) {
    if (!int8_[index(reader)]) continue;
    // For the only reader it is the same, wherever it is rounded.
    const bool same = readers.size() == 1 && !is_output && sources.where_computed;
    sources.where_read.push_back(
        {reader, same ? *sources.where_computed
                      : add_source({.node = producer, .tensor = id, .readers = {reader}}, *params)});
  }
  tensors_.push_back(std::move(sources));
}

void RoundingNoise::round(size_t source) {
  const std::span<const float> exact = as<float>(replay_.kept(sources_[source].tensor));
  const QuantParams& params = *params_[source];
  integers_.resize(exact.size());
  reals_.resize(exact.size());
  kernels::quantize(exact.data(), integers_.data(), exact.size(), params.scale[0], params.zero_point[0]);
  kernels::dequantize(integers_.data(), reals_.data(), exact.size(), params.scale[0], params.zero_point[0]);
}

void RoundingNoise::add_noise(std::vector<double>& sums, size_t source) {
  const NoiseSource& from = sources_[source];
  emulate::Change change;
  std::vector<const ops::Kernel*> kernels;
  if (from.tensor == TensorId::None) {
    kernels = kernels_of(from.node);
    change.kernels = kernels;
  } else {
    round(source);
    change = {.tensor = from.tensor, .contents = std::as_bytes(std::span(reals_)), .readers = from.readers};
  }
  replay_.replay(change);
  for (size_t o = 0; o < outputs(); ++o) {
    const TensorId id = graph_->outputs[o];
    const std::optional<std::span<const std::byte>> changed = replay_.changed(id);
    if (!changed || !is_measured(o)) continue;
    sums[at(source, o)] = squared_difference(as<float>(replay_.kept(id)), as<float>(*changed));
  }
}

std::vector<double> RoundingNoise::total(std::span<const std::span<const std::byte>> inputs) {
  replay_.run(inputs);
  draft_.set_inputs(inputs);
  draft_.run();
  std::vector<double> noise(outputs(), 0.0);
  for (size_t o = 0; o < outputs(); ++o) {
    const TensorId id = graph_->outputs[o];
    if (!is_measured(o)) continue;
    noise[o] = squared_difference(as<float>(replay_.kept(id)), as<float>(draft_.output(o)));
  }
  return noise;
}

void RoundingNoise::add_signal(std::vector<double>& sums) const {
  for (size_t o = 0; o < outputs(); ++o) {
    const TensorId id = graph_->outputs[o];
    if (!is_measured(o)) continue;
    double squares = 0;
    for (const float value : as<float>(replay_.kept(id)))
      squares += static_cast<double>(value) * static_cast<double>(value);
    sums[at(sources_.size(), o)] = squares;
  }
}

std::vector<double> RoundingNoise::observe(std::span<const std::span<const std::byte>> inputs) {
  std::vector<double> sums(sums_.size(), 0.0);
  replay_.run(inputs);
  add_signal(sums);
  for (size_t s = 0; s < sources_.size(); ++s) add_noise(sums, s);
  return sums;
}

TensorId RoundingNoise::changed_tensor(size_t source) const {
  const NoiseSource& from = sources_[source];
  return from.tensor != TensorId::None ? from.tensor : graph_->node(from.node).outputs[0];
}

void RoundingNoise::find_changes() {
  changes_.resize(sources_.size());
  for (size_t s = 0; s < sources_.size(); ++s) {
    const NoiseSource& from = sources_[s];
    // Those of all weights together are not measured apart.
    if (!is_own(s) || (from.node == NodeId::None && from.tensor == TensorId::None)) continue;
    const std::span<const float> exact = as<float>(replay_.kept(changed_tensor(s)));
    std::vector<float>& change = changes_[s];
    change.resize(exact.size());
    if (from.tensor != TensorId::None) {
      find_rounding(exact, *params_[s], change);
      continue;
    }
    replay_.run_other(from.node, *rounded_[index(from.node)], std::as_writable_bytes(std::span(change)));
    for (size_t i = 0; i < exact.size(); ++i) change[i] -= exact[i];
  }
}

std::vector<double> RoundingNoise::estimate(std::span<const std::span<const std::byte>> inputs, size_t first,
                                            size_t count) {
  if (!adjoint_) adjoint_ = std::make_unique<Adjoint>(graph_);
  std::vector<double> sums(sums_.size(), 0.0);
  replay_.run(inputs);
  add_signal(sums);
  find_changes();
  std::vector<std::vector<size_t>> sources_at(graph_->tensors.size());
  for (size_t s = 0; s < sources_.size(); ++s) {
    if (!changes_[s].empty()) sources_at[index(changed_tensor(s))].push_back(s);
  }
  Signs signs(inputs);
  const double weight = static_cast<double>(outputs()) / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t o = (first + i) % outputs();
    const TensorId output = graph_->outputs[o];
    if (!is_measured(o)) continue;
    std::vector<float> probe(static_cast<size_t>(graph_->tensor(output).shape.elements()));
    for (float& sign : probe) sign = signs.next();
    adjoint_->run(replay_, o, probe, [&](TensorId id, NodeId reader, std::span<const float> moved) {
      for (const size_t s : sources_at[index(id)]) {
        const std::vector<NodeId>& readers = sources_[s].readers;
        if (readers.empty() ? reader == NodeId::None : reader == readers[0])
          sums[at(s, o)] += weight * power_by_channel(graph_->tensor(id).shape, changes_[s], moved);
      }
    });
  }
  return sums;
}

void RoundingNoise::fold(std::span<const double> sample) {
  if (sample.size() != sums_.size())
    throw Error(ErrorCode::InvalidInput, "What a worker saw of rounding is of another model.");
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += sample[i];
  samples_.emplace_back(sample.begin(), sample.end());
}

std::vector<double> RoundingNoise::parts() const {
  std::vector<double> parts(sources_.size() * outputs(), 0.0);
  for (size_t o = 0; o < outputs(); ++o) {
    const auto total = [&](const std::vector<double>& sums) {
      double noise = 0;
      for (size_t s = 0; s < sources_.size(); ++s) noise += is_own(s) ? sums[at(s, o)] : 0;
      return noise;
    };
    const double mean = total(sums_) / static_cast<double>(samples_.size());
    double weights = 0;
    for (const std::vector<double>& sample : samples_) {
      const double noise = total(sample);
      if (noise <= 0) continue;
      const double weight = 1 / (noise + mean);
      weights += noise * weight;
      for (size_t s = 0; s < sources_.size(); ++s) parts[at(s, o)] += sample[at(s, o)] * weight;
    }
    for (size_t s = 0; s < sources_.size() && weights > 0; ++s) parts[at(s, o)] /= weights;
  }
  return parts;
}

bool RoundingNoise::is_own(size_t source) const {
  return sources_[source].node == NodeId::None || sources_[source].readers.empty();
}

}  // namespace octet::quantize
