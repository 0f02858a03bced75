#include "formats/tflite/operators.h"

#include <array>
#include <string>

namespace octet::formats::tflite {
namespace {

std::array<std::span<const OperatorRow>, 5> families() {
  return {convolution_rows(), elementwise_rows(), movement_rows(), selection_rows(), detection_rows()};
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

bool has_row(OpKind kind) {
  for (const auto rows : families()) {
    for (const OperatorRow& row : rows) {
      if (row.kind == kind) return true;
    }
  }
  return false;
}

const OperatorRow& row_of(const NodeView& node) {
  for (const auto rows : families()) {
    for (const OperatorRow& row : rows) {
      if (row.kind != node.node().op) continue;
      if (row.expresses == nullptr || row.expresses(node)) return row;
    }
  }
  throw Error(ErrorCode::UnsupportedModel,
              std::string(to_string(node.node().op)) + " '" + node.node().name +
                  "' cannot be written to a .tflite file: TensorFlow Lite has no such operator.",
              {.node = node.node().name},
              "Save the model as .octet, or export the part without pre- and post-processing.");
}

}  // namespace octet::formats::tflite
