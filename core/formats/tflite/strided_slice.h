// STRIDED_SLICE: TFLite's masks against Octet's resolved begin, size and stride.
#pragma once

#include "formats/tflite/operator_reader.h"
#include "formats/tflite/operator_writer.h"

namespace octet::formats::tflite {

/// NumPy's slicing rules; the ellipsis is expanded, new axes are reported as unsupported.
Attributes read_strided_slice(const OperatorReader& reader);
void write_strided_slice(OperatorWriter& writer);

}  // namespace octet::formats::tflite
