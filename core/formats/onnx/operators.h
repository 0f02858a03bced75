// The operators of ONNX that Octet reads, one row each: how a node of it becomes nodes of the graph. Rows lie
// by family in <family>_rows.cc.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/node_reader.h"

namespace octet::formats::onnx {

/// The domain of ONNX Runtime's own operators.
inline constexpr std::string_view kMicrosoft = "com.microsoft";

/// True for the domain of ONNX's own operators, by either of its names.
inline bool is_own_domain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

struct OperatorRow {
  std::string_view name;  ///< "Conv".
  void (*read)(NodeReader& node);
  std::string_view domain = "";  ///< ONNX's own, which files may also call "ai.onnx".
};

/// "Conv", "com.microsoft.FusedConv", ...: all that have a row, in alphabetical order, those of ONNX first.
std::vector<std::string> operator_names();

/// The row of an operator, or null.
const OperatorRow* row_of(std::string_view domain, std::string_view name);
std::array<std::span<const OperatorRow>, 11> all_rows();

std::span<const OperatorRow> attention_rows();
std::span<const OperatorRow> constant_rows();
std::span<const OperatorRow> convolution_rows();
std::span<const OperatorRow> elementwise_rows();
std::span<const OperatorRow> gather_rows();
std::span<const OperatorRow> matrix_rows();
std::span<const OperatorRow> movement_rows();
std::span<const OperatorRow> normalization_rows();
std::span<const OperatorRow> pooling_rows();
std::span<const OperatorRow> reduction_rows();
std::span<const OperatorRow> resize_rows();

}  // namespace octet::formats::onnx
