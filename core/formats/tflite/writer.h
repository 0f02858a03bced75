// .tflite out: a Graph, float or quantized, as a file that stock TFLite loads.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet::formats::tflite {

enum class IoType : uint8_t { Float32, Int8, Int16 };

struct WriteOptions {
  IoType io = IoType::Float32;  ///< Integers drop QUANTIZE at inputs and DEQUANTIZE at outputs.
};

/// Operator versions are the lowest that express the node; the same graph gives the same bytes. Throws
/// UnsupportedModel when the graph holds arithmetic that TFLite does not have, naming the node.
Bytes write(const Graph& graph, const WriteOptions& options = {});

/// The integer nodes that rescale by the accelerator's rule (RequantizationMode::Sima): a .tflite file keeps
/// their scales but not the rule, so TFLite's results can differ from Octet's by rounding. In graph order.
std::vector<std::string> inexact_nodes(const Graph& graph);

}  // namespace octet::formats::tflite
