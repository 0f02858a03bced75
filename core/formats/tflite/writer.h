// .tflite out: a Graph, float or quantized, as a file that stock TFLite loads.
#pragma once

#include <cstdint>

#include "formats/sink.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

enum class IoType : uint8_t { Float32, Int8, Int16 };

struct WriteOptions {
  IoType io = IoType::Float32;  ///< Integers drop QUANTIZE at inputs and DEQUANTIZE at outputs.
};

/// Operator versions are the lowest that express the node; the same graph gives the same bytes. What TFLite
/// computes otherwise than Octet, export_notes.h tells beforehand. Throws UnsupportedModel naming the node
/// where nothing that TFLite has stands for it.
void write(const Graph& graph, const WriteOptions& options, const Sink& sink);
Bytes write(const Graph& graph, const WriteOptions& options = {});

}  // namespace octet::formats::tflite
