#include "formats/onnx/operators.h"

#include <algorithm>

#include "ir/text.h"

namespace octet::formats::onnx {

std::array<std::span<const OperatorRow>, 11> all_rows() {
  return {attention_rows(), constant_rows(),  convolution_rows(), elementwise_rows(),
          gather_rows(),    matrix_rows(),    movement_rows(),    normalization_rows(),
          pooling_rows(),   reduction_rows(), resize_rows()};
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names = {"If"};  // Its branches are read in its place.
  for (const auto rows : all_rows()) {
    for (const OperatorRow& row : rows)
      names.push_back(row.domain.empty() ? std::string(row.name) : text({row.domain, ".", row.name}));
  }
  // Capitals come before small letters, and domains are small.
  std::sort(names.begin(), names.end());
  return names;
}

const OperatorRow* row_of(std::string_view domain, std::string_view name) {
  if (is_own_domain(domain)) domain = "";
  for (const auto rows : all_rows()) {
    for (const OperatorRow& row : rows) {
      if (row.name == name && row.domain == domain) return &row;
    }
  }
  return nullptr;
}

}  // namespace octet::formats::onnx
