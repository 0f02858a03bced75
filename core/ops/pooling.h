// What AVERAGE_POOL_2D and MAX_POOL_2D share: shapes, the kernel around the loops, and limits on the window.
#pragma once

#include <memory>
#include <vector>

#include "kernels/pooling.h"
#include "ops/activation.h"
#include "ops/operator.h"

namespace octet::ops {

/// NHWC output of windows that each touch the image; fails when one would not.
std::vector<TensorType> infer_pool(const NodeView& node);

kernels::PoolGeometry pool_geometry(const NodeView& node);

/// Fails when a window has more pixels than an int8 mean can add.
void expect_int8_window(const NodeView& node);

/// "its window is smaller than 128, or covers the whole input".
bool window_fits_mla(const ConstraintView& view);

/// The kernel of a pooling function of kernels/pooling.h over elements of T, which clamps to bounds of type
/// Bound.
template <class T, class Bound, void (*Pool)(const kernels::PoolGeometry&, Bound, Bound, const T*, T*)>
class PoolKernel final : public Kernel {
 public:
  PoolKernel(const NodeView& node, Clamp<Bound> clamp) : geometry_(pool_geometry(node)), clamp_(clamp) {}

  void run(const KernelArguments& arguments) const override {
    Pool(geometry_, clamp_.low, clamp_.high, arguments.input<T>(0), arguments.output<T>());
  }

 private:
  kernels::PoolGeometry geometry_;
  Clamp<Bound> clamp_;
};

template <void (*Pool)(const kernels::PoolGeometry&, float, float, const float*, float*)>
std::unique_ptr<Kernel> prepare_float_pool(const NodeView& node) {
  return std::make_unique<PoolKernel<float, float, Pool>>(node,
                                                          clamp_of(node.attributes<Pool2d>().activation));
}

template <void (*Pool)(const kernels::PoolGeometry&, int32_t, int32_t, const int8_t*, int8_t*)>
std::unique_ptr<Kernel> prepare_int8_pool(const NodeView& node) {
  expect_int8_window(node);
  const Clamp<int32_t> clamp =
      int8_clamp_of(node.attributes<Pool2d>().activation, quantization_of(node.output()));
  return std::make_unique<PoolKernel<int8_t, int32_t, Pool>>(node, clamp);
}

}  // namespace octet::ops
