// Attention and what transformers surround it with, in the operators that the graph has.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

/// What is added to the score of a masked key in place of minus infinity: a Softmax gives it exactly 0 as
/// well, and quantization finds a number.
constexpr float kMasked = -1e9f;
/// Scores below belong to masked keys.
constexpr float kLeastScore = kMasked / 2;

enum Operand : size_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kKeyCounts };
enum Result : size_t { kOutput, kPresentKey, kPresentValue, kScores };

/// Operand `i` as [batch, heads, length, size]; of three dimensions it has its heads side by side.
TensorId in_heads(NodeReader& node, size_t i, std::string_view heads_attribute) {
  const Shape shape = node.shape(i);
  if (shape.rank() == 4) return node.operand(i);
  const int64_t heads = node.integer(heads_attribute, 0);
  if (shape.rank() != 3 || heads < 1 || shape[2] % heads != 0)
    node.invalid("its operand " + std::to_string(i) + " is not " + std::to_string(heads) + " heads.");
  const int64_t dims[] = {shape[0], shape[1], heads, shape[2] / heads};
  return transposed(node, reshaped(node, node.operand(i), dims), {0, 2, 1, 3});
}

/// Keys or values behind those that a cache has.
TensorId with_past(NodeReader& node, TensorId id, size_t past) {
  if (!node.has(past) || node.is_empty(past)) return id;
  return node.emit(OpKind::Concatenation, Axis{2}, {node.operand(past), id});
}

/// Each head as often as query heads share it.
TensorId repeated_heads(NodeReader& node, TensorId id, int32_t query_heads) {
  const int32_t heads = node.shape_of(id)[1];
  if (heads == query_heads) return id;
  if (query_heads % heads != 0) node.invalid("its query heads cannot share its key heads equally.");
  std::vector<int32_t> indices(static_cast<size_t>(query_heads));
  for (int32_t h = 0; h < query_heads; ++h) indices[static_cast<size_t>(h)] = h / (query_heads / heads);
  return gathered(node, id, 1, indices);
}

/// Queries stand behind `past` keys. Which keys [queries, keys] is_causal and the windows leave out.
std::optional<TensorId> position_bias(NodeReader& node, int64_t queries, int64_t keys, int64_t past) {
  const bool is_causal = node.integer("is_causal", 0) != 0;
  const int64_t left = node.integer("left_window_size", -1);
  const int64_t right = node.integer("right_window_size", -1);
  if (!is_causal && left < 0 && right < 0) return {};
  node.expect_memory(queries * keys * static_cast<int64_t>(sizeof(float)));
  std::vector<float> bias(static_cast<size_t>(queries * keys));
  for (int64_t q = 0; q < queries; ++q) {
    for (int64_t k = 0; k < keys; ++k) {
      const int64_t behind = q + past - k;
      const bool is_masked =
          (is_causal && behind < 0) || (left >= 0 && behind > left) || (right >= 0 && -behind > right);
      bias[static_cast<size_t>(q * keys + k)] = is_masked ? kMasked : 0;
    }
  }
  return node.constant(shape_from(std::array{queries, keys}), bias);
}

/// The mask as what is added to scores. Keys beyond its end are masked.
TensorId mask_bias(NodeReader& node, int64_t keys) {
  TensorId mask = node.operand(kMask);
  if (node.tensor(kMask).dtype == DType::Bool) {
    const TensorId zero = node.scalar(0);
    mask = select(node, mask, zero, node.scalar(kMasked));
  } else {
    mask = binary(node, OpKind::Maximum, mask, node.scalar(kMasked));
  }
  const Shape shape = node.shape_of(mask);
  if (shape.rank() == 0 || shape[-1] >= keys || shape[-1] == 1) return mask;
  std::vector<std::array<int32_t, 2>> paddings(static_cast<size_t>(shape.rank()));
  paddings.back()[1] = static_cast<int32_t>(keys) - shape[-1];
  return node.emit(OpKind::Pad, Pad{std::move(paddings), kMasked}, {mask});
}

/// Of a query that may see no key, nothing comes out: its row of probabilities is 0.
TensorId without_masked_rows(NodeReader& node, TensorId probabilities, TensorId bias) {
  const int rank = node.shape_of(bias).rank();
  const TensorId best = reduced(node, OpKind::ReduceMax, bias, {rank - 1}, true);
  const TensorId sees = binary(node, OpKind::Greater, best, node.scalar(kLeastScore));
  const Tensor& known = node.graph().tensor(sees);
  const bool all_see =
      known.is_constant() && std::all_of(known.constant->begin(), known.constant->end(),
                                         [](std::byte each) { return each != std::byte{0}; });
  if (all_see) return probabilities;
  return binary(node, OpKind::Mul, probabilities, cast_to(node, sees, DType::Float32));
}

void read_attention(NodeReader& node) {
  if (node.has(kKeyCounts)) node.unsupported("with a number of keys that is an operand");
  const int64_t mode = node.integer("qk_matmul_output_mode", 0);
  if (node.wants_result(kScores) && mode == 2) node.unsupported("with masked scores as a result");
  const TensorId query = in_heads(node, kQuery, "q_num_heads");
  const TensorId present_key = with_past(node, in_heads(node, kKey, "kv_num_heads"), kPastKey);
  const TensorId present_value = with_past(node, in_heads(node, kValue, "kv_num_heads"), kPastValue);
  const Shape queries = node.shape_of(query);
  const TensorId key = repeated_heads(node, present_key, queries[1]);
  const TensorId value = repeated_heads(node, present_value, queries[1]);
  const int64_t keys = node.shape_of(key)[2];
  const int64_t past = node.has(kPastKey) && !node.is_empty(kPastKey) ? node.shape(kPastKey)[2] : 0;

  const float scale = node.real("scale", 1 / std::sqrt(static_cast<float>(queries[3])));
  const TensorId scaled = binary(node, OpKind::Mul, query, node.scalar(scale));
  TensorId scores = node.emit(OpKind::BatchMatmul, BatchMatmul{false, true}, {scaled, key});
  if (node.wants_result(kScores) && mode == 0) node.give(scores, kScores);
  if (const float cap = node.real("softcap", 0); cap > 0) {
    scores = binary(node, OpKind::Mul, scores, node.scalar(1 / cap));
    scores = binary(node, OpKind::Mul, unary(node, OpKind::Tanh, scores), node.scalar(cap));
  }
  if (node.wants_result(kScores) && mode == 1) node.give(scores, kScores);

  std::optional<TensorId> bias = position_bias(node, queries[2], keys, past);
  if (node.has(kMask)) {
    const TensorId mask = mask_bias(node, keys);
    bias = bias ? binary(node, OpKind::Add, *bias, mask) : mask;
  }
  if (bias) scores = binary(node, OpKind::Add, scores, *bias);
  TensorId probabilities = node.emit(OpKind::Softmax, Softmax{1}, {scores});
  if (bias) probabilities = without_masked_rows(node, probabilities, *bias);
  if (node.wants_result(kScores) && mode == 3) node.give(probabilities, kScores);

  TensorId output = node.emit(OpKind::BatchMatmul, BatchMatmul{}, {probabilities, value});
  if (node.rank(kQuery) == 3) {
    output = transposed(node, output, {0, 2, 1, 3});
    const Shape shape = node.shape_of(output);
    output = reshaped(node, output, std::array<int64_t, 3>{shape[0], shape[1], int64_t{shape[2]} * shape[3]});
  }
  node.give(output, kOutput);
  if (node.wants_result(kPresentKey)) node.give(present_key, kPresentKey);
  if (node.wants_result(kPresentValue)) node.give(present_value, kPresentValue);
}

/// A cache of cosines or sines for [batch, length, 1, half] of a sequence.
TensorId cached(NodeReader& node, size_t i) {
  TensorId cache = node.operand(i);
  if (node.has(3)) cache = node.emit(OpKind::Gather, Gather{.axis = 0}, {cache, node.operand(3)});
  std::vector<int64_t> dims = dims_of(node.shape_of(cache));
  if (dims.size() != 3) node.invalid("its caches do not have one row a position.");
  dims.insert(dims.begin() + 2, 1);
  return reshaped(node, cache, dims);
}

/// Pairs of numbers turned by angles whose cosines and sines are cached.
void read_rotary_embedding(NodeReader& node) {
  const Shape given = node.shape(0);
  TensorId x = node.operand(0);
  if (given.rank() == 4) {
    x = transposed(node, x, {0, 2, 1, 3});
  } else {
    const int64_t heads = node.integer("num_heads", 0);
    if (given.rank() != 3 || heads < 1 || given[2] % heads != 0) node.invalid("its operand is not of heads.");
    x = reshaped(node, x, std::array<int64_t, 4>{given[0], given[1], heads, given[2] / heads});
  }
  const Shape shape = node.shape_of(x);
  const int64_t named = node.integer("rotary_embedding_dim", 0);
  const int64_t turned = named == 0 ? shape[3] : named;
  if (turned < 2 || turned > shape[3] || turned % 2 != 0)
    node.invalid("its rotary_embedding_dim is " + std::to_string(turned) + ".");
  const bool is_interleaved = node.integer("interleaved", 0) != 0;
  const TensorId part = sliced(node, x, 3, 0, turned);
  // The two of a pair lie beside each other, or half of what is turned apart.
  const int64_t half = turned / 2;
  const auto half_of = [&](int32_t which) {
    return is_interleaved ? strided(node, part, 3, which, 2, static_cast<int32_t>(half))
                          : sliced(node, part, 3, which * half, (which + 1) * half);
  };
  const TensorId first = half_of(0);
  const TensorId second = half_of(1);
  const TensorId cosine = cached(node, 1);
  const TensorId sine = cached(node, 2);
  const auto times = [&](TensorId a, TensorId b) { return binary(node, OpKind::Mul, a, b); };
  const TensorId first_by_cosine = times(first, cosine);
  const TensorId second_by_sine = times(second, sine);
  TensorId real = binary(node, OpKind::Sub, first_by_cosine, second_by_sine);
  const TensorId first_by_sine = times(first, sine);
  const TensorId second_by_cosine = times(second, cosine);
  TensorId imaginary = binary(node, OpKind::Add, first_by_sine, second_by_cosine);
  if (is_interleaved) {
    std::vector<int64_t> pairs = dims_of(node.shape_of(real));
    pairs.push_back(1);
    real = reshaped(node, real, pairs);
    imaginary = reshaped(node, imaginary, pairs);
  }
  TensorId result = node.emit(OpKind::Concatenation, Axis{is_interleaved ? 4 : 3}, {real, imaginary});
  result = reshaped(node, result, std::array<int64_t, 4>{shape[0], shape[1], shape[2], turned});
  if (turned < shape[3]) {
    const TensorId rest = sliced(node, x, 3, turned, shape[3]);
    result = node.emit(OpKind::Concatenation, Axis{3}, {result, rest});
  }
  node.give(given.rank() == 4 ? transposed(node, result, {0, 2, 1, 3})
                              : reshaped(node, result, dims_of(given)));
}

constexpr OperatorRow kRows[] = {
    {"Attention", read_attention},
    {"RotaryEmbedding", read_rotary_embedding},
};

}  // namespace

std::span<const OperatorRow> attention_rows() { return kRows; }

}  // namespace octet::formats::onnx
