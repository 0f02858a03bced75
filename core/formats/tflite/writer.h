// .tflite out: a Graph, float or quantized, as a file that stock TFLite loads.
#pragma once

#include "ir/graph.h"

namespace octet::formats::tflite {

enum class IoType : uint8_t { Float32, Int8 };

struct WriteOptions {
  IoType io = IoType::Float32;  ///< Int8 drops QUANTIZE at inputs and DEQUANTIZE at outputs.
};

/// Operator versions are the lowest that express the node. Throws UnsupportedModel when the graph holds
/// arithmetic that TFLite does not have, naming the node.
Bytes write(const Graph& graph, const WriteOptions& options = {});

}  // namespace octet::formats::tflite
