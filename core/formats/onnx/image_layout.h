// Images between ONNX's order of axes, channels first, and that of the graph's image operators, channels
// last. What is needless of these TRANSPOSEs prepare/ removes.
#pragma once

#include "formats/onnx/node_reader.h"

namespace octet::formats::onnx {

/// [N, C, H, W] as [N, H, W, C]; [N, C, W] as [N, 1, W, C]. Refuses other ranks.
TensorId to_image(NodeReader& node, TensorId id);
/// The result of image operators on to_image() of a tensor with `rank` dimensions, in ONNX's order.
TensorId from_image(NodeReader& node, TensorId id, int rank);

/// TRANSPOSE, or `id` itself where nothing moves.
TensorId transposed(NodeReader& node, TensorId id, std::vector<int32_t> permutation);
/// RESHAPE, or `id` itself where it has the shape.
TensorId reshaped(NodeReader& node, TensorId id, std::span<const int64_t> dims);

}  // namespace octet::formats::onnx
