// How each transform becomes nodes. A transform is a row here and in bindings/js/src/main/transforms.ts.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "transforms/json_fields.h"
#include "transforms/network.h"

namespace octet::transforms {

/// Adds nodes that do what `fields` say to `operands`, and returns what comes out. Throws as
/// auxiliary_graph().
using AddTransform = std::vector<TensorId> (*)(Network& network, Fields& fields,
                                               std::span<const TensorId> operands);

/// As many inputs as there are left.
inline constexpr size_t kAllInputs = 0;

struct TransformRow {
  std::string_view name;
  AddTransform add;
  size_t inputs = 1;
};

std::span<const TransformRow> tensor_transforms();
std::span<const TransformRow> image_transforms();
std::span<const TransformRow> detection_transforms();

}  // namespace octet::transforms
