#include "emulate/prepare_kernels.h"

#include <string>
#include <utility>

#include "emulate/bfloat16_kernel.h"

namespace octet::emulate {
namespace {

/// The kernel maker for a node: the type of its activations decides. QUANTIZE and DEQUANTIZE sit between
/// types and count as integer where either side is, as INT16 where one side is that.
ops::PrepareKernel kernel_maker(const NodeView& node) {
  const ops::Kernels& kernels = ops::operator_of(node.node().op).kernels;
  if (kernels.bytes != nullptr) return kernels.bytes;
  const DType type = ops::activation_type(node);
  const auto touches = [&](DType wanted) { return type == wanted || node.output().dtype == wanted; };
  if (touches(DType::Int16)) return kernels.i16;
  if (touches(DType::Int8)) return kernels.i8;
  return ops::is_plain(type) ? kernels.plain : kernels.f32;
}

}  // namespace

std::vector<std::unique_ptr<ops::Kernel>> prepare_kernels(const Graph& graph) {
  std::vector<std::unique_ptr<ops::Kernel>> kernels;
  std::string missing;
  for (const Node& node : graph.nodes) {
    const NodeView view(graph, node);
    std::unique_ptr<ops::Kernel> kernel;
    const bool moves_bytes = ops::operator_of(node.op).kernels.bytes != nullptr;
    if (uses_bfloat16(view) && !moves_bytes) {
      kernel = prepare_bfloat16(view, kernel_maker);
    } else if (const ops::PrepareKernel prepare = kernel_maker(view)) {
      kernel = prepare(view);
    }
    if (kernel == nullptr) {
      missing += (missing.empty() ? "" : ", ") + node.name + " (" + std::string(to_string(node.op)) + " " +
                 std::string(to_string(view.input(0).dtype)) + ")";
      continue;
    }
    kernels.push_back(std::move(kernel));
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::UnsupportedOperator, "No kernel computes these nodes: " + missing + ".");
  }
  return kernels;
}

}  // namespace octet::emulate
