// Which TFLite operator stands for which of Octet's: one row an operator, reading and writing side by side.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formats/tflite/operator_reader.h"
#include "formats/tflite/operator_writer.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

struct OperatorRow {
  OpKind kind;
  schema::BuiltinOperator code;
  /// The newest version of TFLite's operator whose additions Octet knows.
  int newest_version;
  /// The operands that are tensors in Octet's graph, in Octet's order, as positions among TFLite's operands;
  /// the others are constants that become attributes. Empty: all, in order.
  std::span<const int> operands;
  /// Options and constant operands to attributes.
  Attributes (*read)(const OperatorReader& reader);
  /// Attributes to options and constant operands.
  void (*write)(OperatorWriter& writer);
  /// The lowest version that expresses a node (facts from tensorflow/lite/tools/versioning/op_version.cc).
  int (*version)(const NodeView& node);
  /// The name of a CUSTOM operator. Where a builtin stands for the same kind, its row is in front, and
  /// writes.
  std::string_view custom_code = {};
  /// Whether the row expresses the node, where several rows stand for one kind; null when it always does.
  bool (*expresses)(const NodeView& node) = nullptr;
};

/// The row of an operator in a file, or null when Octet does not know it.
const OperatorRow* row_of(schema::BuiltinOperator code, std::string_view custom_code);
/// Whether any row stands for the operator.
bool has_row(OpKind kind);
/// The row that writes a node: the first of its kind that expresses it. Throws UnsupportedModel naming the
/// node when none does.
const OperatorRow& row_of(const NodeView& node);

// The rows, by family. operators.cc lists them.
std::span<const OperatorRow> convolution_rows();
std::span<const OperatorRow> elementwise_rows();
std::span<const OperatorRow> movement_rows();
std::span<const OperatorRow> selection_rows();
std::span<const OperatorRow> detection_rows();

}  // namespace octet::formats::tflite
