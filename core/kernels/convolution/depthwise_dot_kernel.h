// Whether INT8 depthwise convolution runs in the side module, as dot.h says of other convolutions.
#pragma once

#include "kernels/convolution/dot.h"
#include "kernels/relaxed/dot_tasks.h"

namespace octet::kernels {

using DepthwiseDot = ProbedKernel<DepthwiseDotKernel>;

/// Probes the kernel and takes it into use where it is exact, as use_dot_kernel.
bool use_depthwise_dot_kernel(DepthwiseDotKernel kernel);

/// The kernel in use, and how it takes its bytes.
const DepthwiseDot& depthwise_dot();

}  // namespace octet::kernels
