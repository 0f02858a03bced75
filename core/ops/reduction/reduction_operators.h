// What MEAN, SUM, REDUCE_MAX and REDUCE_MIN share: shapes, the kernels around the sums, and limits on the
// axes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/reduction/reduce.h"
#include "ops/operator.h"

namespace octet::ops {

std::vector<TensorType> infer_reduced(const NodeView& node);

/// Which elements of the node's input are added up. Fails where int8 elements are too many for 32-bit sums.
kernels::AxisSum axis_sum(const NodeView& node);

/// True when `axis` is one of those that the attributes name.
inline bool reduces(const Reduce& reduce, int axis) {
  return std::find(reduce.axes.begin(), reduce.axes.end(), axis) != reduce.axes.end();
}

/// Each channel is reduced by itself.
inline bool keeps_channels(const NodeView& node) {
  return !reduces(node.attributes<Reduce>(), node.input(0).shape.rank() - 1);
}

inline const Constraint kReducedMla[] = {
    kFourDimensionalInput,
    {"it keeps the reduced dimensions",
     [](const ConstraintView& view) { return view.node.attributes<Reduce>().keep_dims; },
     [](const ConstraintView&) { return filled("it drops them"); }},
    {"it reduces neither the batch nor the channels",
     [](const ConstraintView& view) {
       const Reduce& reduce = view.node.attributes<Reduce>();
       return !reduces(reduce, 0) && !reduces(reduce, view.node.input(0).shape.rank() - 1);
     },
     [](const ConstraintView& view) {
       return filled_with_axes("it reduces #", view.node.attributes<Reduce>().axes);
     }},
    {"each dimension it reduces is smaller than 128, or it reduces height and width both",
     [](const ConstraintView& view) {
       const Reduce& reduce = view.node.attributes<Reduce>();
       const Shape& shape = view.node.input(0).shape;
       if (shape.rank() == 4 && reduces(reduce, 1) && reduces(reduce, 2)) return true;
       return std::all_of(reduce.axes.begin(), reduce.axes.end(),
                          [&](int32_t axis) { return shape[axis] < 128; });
     },
     [](const ConstraintView& view) {
       std::vector<int32_t> extents;
       for (const int32_t axis : view.node.attributes<Reduce>().axes)
         extents.push_back(view.node.input(0).shape[axis]);
       return filled("it reduces #", extents);
     }},
};

/// Makes each output of one sum: `finish(sum)`.
template <class T, class Sum, class Finish>
class ReduceKernel final : public Kernel {
 public:
  ReduceKernel(kernels::AxisSum axis_sum, Finish finish) : axis_sum_(std::move(axis_sum)), finish_(finish) {}

  uint64_t scratch_bytes() const override { return static_cast<uint64_t>(axis_sum_.outputs()) * sizeof(Sum); }

  void run(const KernelArguments& arguments) const override {
    Sum* sums = reinterpret_cast<Sum*>(arguments.scratch);
    axis_sum_(arguments.input<T>(0), sums);
    T* output = arguments.output<T>();
    for (int64_t i = 0; i < axis_sum_.outputs(); ++i) output[i] = finish_(sums[i]);
  }

 private:
  kernels::AxisSum axis_sum_;
  Finish finish_;
};

template <class T, class Finish>
std::unique_ptr<Kernel> reduce_kernel(kernels::AxisSum axis_sum, Finish finish) {
  using IntegerSum = std::conditional_t<std::is_same_v<T, int16_t>, int64_t, int32_t>;
  using Sum = std::conditional_t<std::is_same_v<T, float>, float, IntegerSum>;
  return std::make_unique<ReduceKernel<T, Sum, Finish>>(std::move(axis_sum), finish);
}

/// Writes the extremes themselves: the operator selects among values of one scale.
template <class T>
class ExtremeKernel final : public Kernel {
 public:
  explicit ExtremeKernel(kernels::AxisExtreme extreme) : extreme_(std::move(extreme)) {}
  void run(const KernelArguments& arguments) const override {
    extreme_(arguments.input<T>(0), arguments.output<T>());
  }

 private:
  kernels::AxisExtreme extreme_;
};

template <class T>
std::unique_ptr<Kernel> extreme_kernel(const NodeView& node, kernels::Extreme extreme) {
  return std::make_unique<ExtremeKernel<T>>(
      kernels::AxisExtreme(node.input(0).shape, node.attributes<Reduce>().axes, extreme));
}

/// The kernel of T, int8_t or int16_t, by the `sima` rule, for outputs that are the sum times `factor` in
/// reals: clamp(zero_point + r(m * (sum - count * zero_point_in), n)).
template <class T>
std::unique_ptr<Kernel> prepare_sima_reduction(const NodeView& node, double factor);

}  // namespace octet::ops
