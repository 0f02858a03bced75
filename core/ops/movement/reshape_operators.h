// What RESHAPE and SQUEEZE share: both keep the bytes and change the shape.
#pragma once

#include <string>
#include <vector>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {

inline std::vector<TensorType> infer_reshaped(const NodeView& node) {
  const Tensor& input = node.input(0);
  const std::vector<int32_t>& dims = node.attributes<Reshape>().shape;
  const Shape shape = output_shape(node, std::vector<int64_t>(dims.begin(), dims.end()));
  if (shape.elements() != input.shape.elements()) {
    node.fail("it cannot make " + to_string(shape) + " of input '" + input.name + "' of shape " +
              to_string(input.shape) + ".");
  }
  return {{input.dtype, shape}};
}

inline const Constraint kReshapedMla[] = {
    kFourOrFiveDimensional,
    {"it keeps the batch dimension",
     [](const ConstraintView& view) {
       const Shape& from = view.node.input(0).shape;
       const Shape& to = view.node.output().shape;
       return from.rank() > 0 && to.rank() > 0 && from[0] == to[0];
     },
     found_shapes},
};

}  // namespace octet::ops
