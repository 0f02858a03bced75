// What many rows of the operator table share.
#pragma once

#include "formats/tflite/operators.h"

namespace octet::formats::tflite {

inline int version_1(const NodeView&) { return 1; }
/// Most operators took int8 in their second version.
inline int version_2_if_int8(const NodeView& node) { return node.input(0).dtype == DType::Int8 ? 2 : 1; }
/// And many of those took int16 in a later one.
template <int kInt16>
int version_by_type(const NodeView& node) {
  return node.input(0).dtype == DType::Int16 ? kInt16 : version_2_if_int8(node);
}

inline Attributes read_nothing(const OperatorReader&) { return NoAttributes{}; }
inline void write_nothing(OperatorWriter&) {}

/// For options without fields.
template <class Options>
void write_empty(OperatorWriter& writer) {
  writer.set_options(flatbuffers::Offset<Options>(writer.builder().EndTable(writer.builder().StartTable())));
}

}  // namespace octet::formats::tflite
