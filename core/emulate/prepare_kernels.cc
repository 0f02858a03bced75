#include "emulate/prepare_kernels.h"

#include <string>
#include <utility>

#include "emulate/bfloat16_kernel.h"
#include "ir/memory_limit.h"

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

/// The node's kernel, or null where there is none. What a kernel refuses is refused in the node's name.
std::unique_ptr<ops::Kernel> prepare_kernel(const NodeView& node) {
  const bool moves_bytes = ops::operator_of(node.node().op).kernels.bytes != nullptr;
  const std::string label = std::string(to_string(node.node().op)) + " '" + node.node().name + "'";
  try {
    std::unique_ptr<ops::Kernel> kernel;
    if (uses_bfloat16(node) && !moves_bytes) {
      kernel = prepare_bfloat16(node, kernel_maker);
    } else if (const ops::PrepareKernel prepare = kernel_maker(node)) {
      kernel = prepare(node);
    }
    if (kernel != nullptr) block_bytes(kernel->scratch_bytes(), "What it computes on the way");
    return kernel;
  } catch (const Error& error) {
    if (!error.where().node.empty()) throw;
    throw Error(error.code(), label + ": " + error.message(), {.node = node.node().name}, error.hint());
  }
}

}  // namespace

std::vector<std::unique_ptr<ops::Kernel>> prepare_kernels(const Graph& graph) {
  std::vector<std::unique_ptr<ops::Kernel>> kernels;
  std::string missing;
  for (const Node& node : graph.nodes) {
    const NodeView view(graph, node);
    std::unique_ptr<ops::Kernel> kernel = prepare_kernel(view);
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
