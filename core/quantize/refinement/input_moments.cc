#include "quantize/refinement/input_moments.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "ir/byte_stream.h"
#include "kernels/convolution/gram_matrix.h"

namespace octet::quantize {
namespace {

/// Patches of one sample: more add time, and little that the other samples do not say.
constexpr int64_t kMostPatches = 256;
/// Features whose products are kept together. It bounds memory, and the time of the Cholesky decomposition,
/// which grows with its cube.
constexpr size_t kLargestBlock = 1536;
/// Float sums beyond this are of a tensor that went astray; its mean then does not matter.
constexpr double kLargestSum = 0x1p50;

std::vector<FeatureBlock> blocks_of(const Patches& patches) {
  const size_t features = patches.features_per_group();
  const size_t parts = (features + kLargestBlock - 1) / kLargestBlock;
  std::vector<FeatureBlock> blocks;
  for (size_t g = 0; g < patches.groups(); ++g) {
    for (size_t part = 0; part < parts; ++part) {
      const size_t begin = features * part / parts;
      blocks.push_back({g * features + begin, features * (part + 1) / parts - begin});
    }
  }
  return blocks;
}

/// True for a node whose weights are integers, and so are its inputs.
bool has_integer_weights(const NodeView& node) {
  if (!has_patches(node.node())) return false;
  const DType input = node.input(0).dtype;
  return (input == DType::Int8 || input == DType::Int16) && node.input(1).dtype == DType::Int8 &&
         node.input(1).is_constant();
}

/// Length of a row of `count` patches, filled up for the vectors that read it.
size_t padded(size_t count) {
  return (count + kernels::kProductLanes - 1) / kernels::kProductLanes * kernels::kProductLanes;
}

/// Adds the values at the front of `bytes` to `values`, and drops them there.
void add_from(std::span<const std::byte>& bytes, std::span<int64_t> values) {
  for (int64_t& value : values) value += take<int64_t>(bytes);
}

}  // namespace

InputMoments::InputMoments(const std::shared_ptr<const Graph>& source, std::shared_ptr<const Graph> quantized,
                           WantedMoments wanted)
    : wanted_(wanted),
      graph_(std::move(quantized)),
      float_readers_(source->tensors.size()),
      quantized_readers_(graph_->tensors.size()) {
  if (wanted.float_sums) float_.emplace(source);
  if (wanted.of_quantized()) quantized_.emplace(graph_);
  std::unordered_map<std::string, NodeId> by_name;
  for (size_t n = 0; n < source->nodes.size(); ++n)
    by_name.emplace(source->nodes[n].name, static_cast<NodeId>(n));
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    const auto found = by_name.find(node.name);
    if (found == by_name.end() || !has_integer_weights(NodeView(*graph_, node))) continue;
    float_readers_[index(source->node(found->second).inputs[0])].push_back(nodes_.size());
    quantized_readers_[index(node.inputs[0])].push_back(nodes_.size());
    NodeMoments moments = {.source = found->second,
                           .quantized = static_cast<NodeId>(n),
                           .patches = Patches(NodeView(*graph_, node), kMostPatches)};
    const size_t features = moments.patches.features();
    moments.sums.resize(features);
    moments.float_sums.resize(features);
    if (wanted.products) {
      moments.blocks = blocks_of(moments.patches);
      size_t products = 0;
      for (const FeatureBlock& block : moments.blocks) products += block.count * block.count;
      moments.products.resize(products);
      moments.factor_sums.resize(features);
    }
    nodes_.push_back(std::move(moments));
  }
}

void InputMoments::observe(std::span<const std::span<const std::byte>> inputs) {
  for (NodeMoments& node : nodes_) node.count += static_cast<int64_t>(node.patches.count());
  if (float_) {
    float_->set_inputs(inputs);
    float_->run([&](TensorId id, std::span<const std::byte> contents) {
      for (const size_t node : float_readers_[index(id)]) add_float(nodes_[node], as<float>(contents));
    });
  }
  if (!quantized_) return;
  quantized_->set_inputs(inputs);
  quantized_->run([&](TensorId id, std::span<const std::byte> contents) {
    for (const size_t node : quantized_readers_[index(id)]) {
      if (graph_->tensor(id).dtype == DType::Int16) {
        add_integers(nodes_[node], as<int16_t>(contents));
      } else {
        add_integers(nodes_[node], as<int8_t>(contents));
      }
    }
  });
}

void InputMoments::add_float(NodeMoments& node, std::span<const float> input) {
  const QuantParams& params = *graph_->tensor(graph_->node(node.quantized).inputs[0]).quantization;
  const double units = 256.0 / static_cast<double>(params.scale[0]);
  const std::vector<double> sums = node.patches.sums<double>(input.data(), [](float value) { return value; });
  for (size_t f = 0; f < sums.size(); ++f) {
    // Rounded sample by sample: sums of integers are the same in any order.
    if (std::isfinite(sums[f]))
      node.float_sums[f] +=
          static_cast<int64_t>(std::clamp(std::round(sums[f] * units), -kLargestSum, kLargestSum));
  }
}

template <class T>
void InputMoments::add_integers(NodeMoments& node, std::span<const T> input) {
  const QuantParams& params = *graph_->tensor(graph_->node(node.quantized).inputs[0]).quantization;
  const int32_t zero_point = params.zero_point[0];
  const size_t patches = node.patches.count();
  if (wanted_.sums) {
    // A sum of kMostPatches differences of 16-bit integers fits 32 bits.
    const std::vector<int32_t> sums =
        node.patches.sums<int32_t>(input.data(), [&](T value) { return value - zero_point; });
    for (size_t f = 0; f < sums.size(); ++f) node.sums[f] += sums[f];
  }
  if (node.blocks.empty()) return;
  const size_t length = padded(patches);
  integer_rows_.assign(node.patches.features() * length, 0);
  node.patches.gather(
      input.data(), [&](T value) { return static_cast<int16_t>(value - zero_point); }, length,
      integer_rows_.data());
  if constexpr (sizeof(T) > 1) {
    for (int16_t& value : integer_rows_) value = static_cast<int16_t>((value + 128) >> 8);
  }
  for (size_t f = 0; f < node.factor_sums.size(); ++f) {
    const int16_t* const row = integer_rows_.data() + f * length;
    node.factor_sums[f] += std::accumulate(row, row + length, int32_t{0});
  }
  size_t offset = 0;
  for (const FeatureBlock& block : node.blocks) {
    const size_t products = block.count * block.count;
    kernels::add_products(integer_rows_.data() + block.first * length, block.count, length,
                          std::span(node.products).subspan(offset, products));
    offset += products;
  }
}

void InputMoments::append_to(Bytes& state) const {
  for (const NodeMoments& node : nodes_) {
    put(state, node.count);
    for (const std::vector<int64_t>* const sums :
         {&node.sums, &node.float_sums, &node.products, &node.factor_sums})
      put_all<int64_t>(state, *sums);
  }
}

void InputMoments::merge(std::span<const std::byte> state) {
  for (NodeMoments& node : nodes_) {
    add_from(state, {&node.count, 1});
    add_from(state, node.sums);
    add_from(state, node.float_sums);
    add_from(state, node.products);
    add_from(state, node.factor_sums);
  }
  check_all_taken(state);
}

}  // namespace octet::quantize
