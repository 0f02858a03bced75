// TFLite's operators whose results follow from shapes and constants alone. They are no nodes of the graph:
// it holds what they compute.
#pragma once

#include "formats/tflite/operator_reader.h"

namespace octet::formats::tflite {

struct ConstantRow {
  schema::BuiltinOperator code;
  /// The newest version of TFLite's operator whose additions Octet knows.
  int newest_version;
  /// The contents of the output, with type and shape. Name and parameters are the file's.
  Tensor (*read)(const OperatorReader& reader);
};

/// The row of an operator, or null when it is none of these.
const ConstantRow* constant_row_of(schema::BuiltinOperator code);

}  // namespace octet::formats::tflite
