// Reductions of elements that combine one by one: products, and integers that are no quantities.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/elementwise/broadcast.h"
#include "ops/reduction/reduction_operators.h"

namespace octet::ops {

/// The output's shape with the reduced axes, which broadcasts to the input's.
inline Shape kept_shape(const NodeView& node) {
  const Shape& input = node.input(0).shape;
  const Reduce& reduce = node.attributes<Reduce>();
  std::vector<int32_t> dims(input.dims().begin(), input.dims().end());
  for (const int32_t axis : reduce.axes) dims[static_cast<size_t>(axis)] = 1;
  return Shape(dims);
}

/// Each output is combine(... combine(initial, first element) ..., last element).
template <class T, class Combine>
class FoldingKernel final : public Kernel {
 public:
  FoldingKernel(const NodeView& node, T initial, Combine combine)
      : loops_(node.input(0).shape, kept_shape(node)),
        count_(static_cast<size_t>(node.output().shape.elements())),
        initial_(initial),
        combine_(std::move(combine)) {}

  void run(const KernelArguments& arguments) const override {
    const T* input = arguments.input<T>(0);
    T* output = arguments.output<T>();
    std::fill_n(output, count_, initial_);
    const size_t step = loops_.b_repeats() ? 0 : 1;
    loops_.for_each_row([&](size_t at, size_t result, size_t) {
      for (size_t i = 0; i < loops_.row_length(); ++i, result += step)
        output[result] = combine_(output[result], input[at + i]);
    });
  }

 private:
  kernels::BroadcastLoops loops_;  ///< Of the input, which never repeats, and the output.
  size_t count_;
  T initial_;
  Combine combine_;
};

template <class T, class Combine>
std::unique_ptr<Kernel> folding_kernel(const NodeView& node, T initial, Combine combine) {
  return std::make_unique<FoldingKernel<T, Combine>>(node, initial, std::move(combine));
}

}  // namespace octet::ops
