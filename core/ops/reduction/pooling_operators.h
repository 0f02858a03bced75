// What AVERAGE_POOL_2D and MAX_POOL_2D share: shapes, the kernel around the loops, and limits on the window.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/reduction/pooling.h"
#include "ops/activation.h"
#include "ops/operator.h"

namespace octet::ops {

/// NHWC output of windows that each touch the image; fails when one would not.
std::vector<TensorType> infer_pool(const NodeView& node);

kernels::PoolGeometry pool_geometry(const NodeView& node);

/// Fails when a window has more than `most` pixels, which a mean of integers can add.
void expect_window(const NodeView& node, int64_t most);

bool window_fits_mla(const ConstraintView& view);
std::string found_window(const ConstraintView& view);
inline constexpr Constraint kPooledWindow = {"its window is smaller than 128, or covers the whole input",
                                             window_fits_mla, found_window};

/// A window of 1 by 1, no padding, no activation.
inline bool has_trivial_window(const NodeView& node) { return node.attributes<Pool2d>() == Pool2d{}; }

/// The kernel of a pooling function of kernels/reduction/pooling.h over elements of T, which clamps to bounds
/// of type Bound.
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

template <class T, void (*Pool)(const kernels::PoolGeometry&, int32_t, int32_t, const T*, T*)>
std::unique_ptr<Kernel> prepare_integer_pool(const NodeView& node) {
  expect_window(node, sizeof(T) == 1 ? kernels::kMaxInt8Window : kernels::kMaxInt16Window);
  const Clamp<int32_t> clamp =
      clamp_of<T>(node.attributes<Pool2d>().activation, quantization_of(node.output()));
  return std::make_unique<PoolKernel<T, int32_t, Pool>>(node, clamp);
}

}  // namespace octet::ops
