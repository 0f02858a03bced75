// Pre- and post-processing as data: transforms in JSON become a graph of their own, an auxiliary network,
// that is executed, saved and composed with models like any other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "partition/target.h"

namespace octet::transforms {

/// The network that `transforms` make of tensors like `inputs`: their names, types, shapes and, for integers
/// that stand for reals, quantization. `transforms` is a JSON list, a transform for each input in order (one
/// that takes several inputs takes as many); its outputs follow each other.
///
/// A transform is an object {"transform": name, its own fields}. The names are those of the SDK in camelCase
/// without "Transform"; {"transform": "compose", "transforms": [...]} does one after the other.
///
/// Nodes are named "input/transform", have an operator each and are placed: on the CVU where the target has
/// one that runs the operator, else on the APU, with a sentence that says so.
///
/// Throws InvalidConfig naming the transform and field, and InvalidShape naming the node where a transform
/// does not fit its input.
Graph auxiliary_graph(const std::string& name, std::string_view transforms, const std::vector<Tensor>& inputs,
                      const partition::Target& target);

/// [{"name", "dtype", "shape", "quantization"?: {"scale", "zeroPoint"}}] as tensors. Throws InvalidConfig.
std::vector<Tensor> tensor_types(std::string_view json);
/// A list of positive integers. Throws InvalidConfig.
Shape shape_from_json(std::string_view json);

}  // namespace octet::transforms
