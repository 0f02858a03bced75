#include "formats/tflite/operators.h"

#include <array>
#include <string>

namespace octet::formats::tflite {
namespace {

std::array<std::span<const OperatorRow>, 4> families() {
  return {convolution_rows(), elementwise_rows(), movement_rows(), selection_rows()};
}

}  // namespace

const OperatorRow* row_of(schema::BuiltinOperator code, std::string_view custom_code) {
  for (const auto rows : families()) {
    for (const OperatorRow& row : rows) {
      if (row.code == code && row.custom_code == custom_code) return &row;
    }
  }
  return nullptr;
}

const OperatorRow& row_of(const NodeView& node) {
  for (const auto rows : families()) {
    for (const OperatorRow& row : rows) {
      if (row.kind != node.node().op || !row.custom_code.empty()) continue;
      if (row.expresses == nullptr || row.expresses(node)) return row;
    }
  }
  throw Error(ErrorCode::Internal, "An operator has no row in TFLite's table.", {.node = node.node().name});
}

}  // namespace octet::formats::tflite
