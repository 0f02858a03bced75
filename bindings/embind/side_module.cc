#include "side_module.h"

#include <span>

#include "kernels/convolution/depthwise_dot_kernel.h"
#include "kernels/convolution/dot.h"
#include "kernels/convolution/fused_multiply_add.h"
#include "side_module_bytes.h"
#include "values.h"

namespace octet::binding {

val side_module() { return copy_of(std::as_bytes(std::span(kSideModule))); }

bool use_side_function(const std::string& name, int index) {
  // A function pointer is an index into the table.
  if (name == "octet_dot_sums") {
    return kernels::use_dot_kernel(reinterpret_cast<kernels::DotKernel>(index));
  }
  if (name == "octet_fused_gemm_4" || name == "octet_fused_gemm_6") {
    return kernels::use_fused_gemm(reinterpret_cast<kernels::FusedGemmKernel>(index));
  }
  if (name == "octet_depthwise_dots") {
    return kernels::use_depthwise_dot_kernel(reinterpret_cast<kernels::DepthwiseDotKernel>(index));
  }
  if (name == "octet_fused_depthwise") {
    return kernels::use_fused_depthwise(reinterpret_cast<kernels::FusedDepthwiseKernel>(index));
  }
  return false;
}

}  // namespace octet::binding
