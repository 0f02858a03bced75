#include "formats/tflite/export_notes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ir/int4.h"
#include "ir/short_name.h"
#include "lowering/float_nodes.h"
#include "lowering/joined_outputs.h"
#include "lowering/tflite_rewrites.h"
#include "ops/operator.h"

namespace octet::formats::tflite {
namespace {

constexpr size_t kNamesShown = 3;

bool is_integer(const Tensor& tensor) { return tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16; }

bool reads_int4(const NodeView& view) {
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (view.has_input(i) && is_int4(view.input(i))) return true;
  }
  return false;
}

/// "1 node ('a') is", "5 nodes ('a', 'b', 'c' and 2 more) are".
std::string subject(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string list;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
    list += "'" + names[i] + "'";
  }
  if (names.size() > shown) list += " and " + std::to_string(names.size() - shown) + " more";
  return std::to_string(names.size()) + (names.size() == 1 ? " node (" : " nodes (") + list +
         (names.size() == 1 ? ") is" : ") are");
}

}  // namespace

std::vector<std::string> export_notes(const Graph& graph, std::optional<IoType> io) {
  std::vector<std::string> bfloat16;
  std::vector<std::string> without_kernel;
  std::vector<std::string> unfit_scales;
  std::vector<std::string> whole_bytes;
  std::vector<std::string> shifted;
  const auto labels = short_names(graph);
  for (const Node& node : graph.nodes) {
    const NodeView view(graph, node);
    const std::string& label = labels.at(node.name);
    const std::optional<lowering::FloatReason> reason = lowering::reason_for_float(view);
    if (reason == lowering::FloatReason::BFloat16) {
      if (node.op != OpKind::Quantize && node.op != OpKind::Dequantize) bfloat16.push_back(label);
    } else if (reason == lowering::FloatReason::NoIntegerKernel) {
      without_kernel.push_back(label);
    } else if (reason == lowering::FloatReason::Scales) {
      unfit_scales.push_back(label);
    } else if (reads_int4(view) && !lowering::takes_int4_weights(view)) {
      whole_bytes.push_back(label);
    }
    if (!reason && node.requantization == RequantizationMode::Sima && is_integer(view.output()) &&
        ops::operator_of(node.op).rescales(view)) {
      shifted.push_back(label);
    }
  }
  std::vector<std::string> notes;
  if (!bfloat16.empty()) {
    notes.push_back("TFLite has no BF16 kernels: " + subject(bfloat16) +
                    " written in float32, with weights as BF16 holds them.");
  }
  if (!without_kernel.empty()) {
    notes.push_back("TFLite lacks the integer kernels of some operators: " + subject(without_kernel) +
                    " written in float32 between DEQUANTIZE and QUANTIZE, so results may be a step off.");
  }
  if (!unfit_scales.empty()) {
    notes.push_back("TFLite's integer kernels do not take all scales: " + subject(unfit_scales) +
                    " written in float32 between DEQUANTIZE and QUANTIZE, so results may be a step off.");
  }
  if (!whole_bytes.empty()) {
    notes.push_back("TFLite lacks the kernels of some operators on weights of 4 bits: " +
                    subject(whole_bytes) + " written with the same weights in 8.");
  }
  if (!shifted.empty()) {
    notes.push_back("TFLite has no requantization by shifts (sima): " + subject(shifted) +
                    " written for its fixed-point multipliers, so results may be a step off.");
  }
  if (io != IoType::Float32) {
    std::optional<DType> type;
    if (io) type = *io == IoType::Int16 ? DType::Int16 : DType::Int8;
    for (std::string& note : lowering::joined_output_notes(graph, type)) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace octet::formats::tflite
