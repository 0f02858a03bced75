// What operators on one or two tensors, element by element, share: shape inference, kernels, constraints.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "kernels/arithmetic/lookup_table.h"
#include "kernels/elementwise/binary_int8.h"
#include "kernels/elementwise/broadcast.h"
#include "kernels/simd.h"
#include "kernels/vector_loop.h"
#include "ops/activation.h"
#include "ops/operator.h"

namespace octet::ops {

/// One output like the first input.
std::vector<TensorType> infer_unary(const NodeView& node);

/// One output of the shape that two operands of one type broadcast to.
std::vector<TensorType> infer_binary(const NodeView& node);

struct ScaleAndZero {
  float scale;
  int32_t zero_point;
};
/// The parameters of an INT8 or INT16 tensor; throws an Error naming it when it has one scale a channel, or a
/// zero point that is no int8, in INT16 other than 0.
ScaleAndZero per_tensor(const Tensor& tensor);

bool has_four_dimensional_operands(const ConstraintView& view);
std::string found_operand_ranks(const ConstraintView& view);
/// On the MLA, unless any shape is allowed there: a constant may be a scalar or a vector.
inline constexpr Constraint kFourDimensionalBinary = {
    "its output and its computed operands have four dimensions", has_four_dimensional_operands,
    found_operand_ranks};
bool broadcasts_four_dimensions(const ConstraintView& view);
std::string found_operand_shapes(const ConstraintView& view);
/// What TFLite's kernels broadcast.
inline constexpr Constraint kBroadcastsFourDimensions = {
    "its operands have the same shape, or at most four dimensions", broadcasts_four_dimensions,
    found_operand_shapes};

/// function(v128_t) on float lanes.
template <class Function>
class FloatUnaryKernel final : public Kernel {
 public:
  FloatUnaryKernel(const NodeView& node, Function function)
      : count_(static_cast<size_t>(node.output().shape.elements())), function_(function) {}
  void run(const KernelArguments& arguments) const override {
    kernels::map_row(arguments.input<float>(0), arguments.output<float>(), count_, function_);
  }

 private:
  size_t count_;
  Function function_;
};

template <class Function>
std::unique_ptr<Kernel> float_unary(const NodeView& node, Function function) {
  return std::make_unique<FloatUnaryKernel<Function>>(node, function);
}

/// function(v128_t, v128_t) on lanes of T, of operands that may be broadcast.
template <class T, class Function>
class BinaryKernel final : public Kernel {
 public:
  BinaryKernel(const NodeView& node, Function function)
      : loops_(node.input(0).shape, node.input(1).shape), function_(function) {}
  void run(const KernelArguments& arguments) const override {
    const T* a = arguments.input<T>(0);
    const T* b = arguments.input<T>(1);
    T* out = arguments.output<T>();
    loops_.for_each_row([&](size_t at_a, size_t at_b, size_t at_out) {
      kernels::map_rows(a + at_a, loops_.a_repeats(), b + at_b, loops_.b_repeats(), out + at_out,
                        loops_.row_length(), function_);
    });
  }

 private:
  kernels::BroadcastLoops loops_;
  Function function_;
};

template <class T, class Function>
std::unique_ptr<Kernel> binary(const NodeView& node, Function function) {
  return std::make_unique<BinaryKernel<T, Function>>(node, function);
}

/// Lanes of `values` within [range.low, range.high]; NaN stays.
inline v128_t clamped(v128_t values, Clamp<float> range) {
  values = wasm_f32x4_pmax(values, wasm_f32x4_splat(range.low));
  return wasm_f32x4_pmin(values, wasm_f32x4_splat(range.high));
}

/// function(v128_t, v128_t) on float lanes, then the node's fused activation.
template <class Function>
std::unique_ptr<Kernel> float_arithmetic(const NodeView& node, Function function) {
  const Clamp<float> range = clamp_of(node.attributes<Elementwise>().activation);
  return binary<float>(node, [=](v128_t a, v128_t b) { return clamped(function(a, b), range); });
}

/// A kernel of two INT8 operands that may be broadcast; see kernels::map_rows_by_estimate.
template <class Function>
class EstimatedBinaryKernel final : public Kernel {
 public:
  EstimatedBinaryKernel(const NodeView& node, const Function& function)
      : loops_(node.input(0).shape, node.input(1).shape), function_(function) {}
  void run(const KernelArguments& arguments) const override {
    const int8_t* a = arguments.input<int8_t>(0);
    const int8_t* b = arguments.input<int8_t>(1);
    int8_t* out = arguments.output<int8_t>();
    loops_.for_each_row([&](size_t at_a, size_t at_b, size_t at_out) {
      kernels::map_rows_by_estimate(a + at_a, loops_.a_repeats(), b + at_b, loops_.b_repeats(), out + at_out,
                                    loops_.row_length(), function_);
    });
  }

 private:
  kernels::BroadcastLoops loops_;
  Function function_;
};

template <class Function>
std::unique_ptr<Kernel> estimated_binary(const NodeView& node, const Function& function) {
  return std::make_unique<EstimatedBinaryKernel<Function>>(node, function);
}

/// out[i] = function(a[i], b[i]) on integers of type T, of operands that may be broadcast.
template <class T, class Function>
class ScalarBinaryKernel final : public Kernel {
 public:
  ScalarBinaryKernel(const NodeView& node, Function function)
      : loops_(node.input(0).shape, node.input(1).shape), function_(std::move(function)) {}
  void run(const KernelArguments& arguments) const override {
    const T* a = arguments.input<T>(0);
    const T* b = arguments.input<T>(1);
    T* out = arguments.output<T>();
    loops_.for_each_row(
        [&](size_t at_a, size_t at_b, size_t at_out) { run_row(a + at_a, b + at_b, out + at_out); });
  }

 private:
  void run_row(const T* a, const T* b, T* out) const {
    const size_t length = loops_.row_length();
    if (!loops_.a_repeats() && !loops_.b_repeats()) {
      for (size_t i = 0; i < length; ++i) out[i] = function_(a[i], b[i]);
      return;
    }
    // One loop for either: each is kilobytes once vectorized.
    const size_t step_a = loops_.a_repeats() ? 0 : 1;
    const size_t step_b = loops_.b_repeats() ? 0 : 1;
    for (size_t i = 0; i < length; ++i) out[i] = function_(a[i * step_a], b[i * step_b]);
  }

  kernels::BroadcastLoops loops_;
  Function function_;
};

template <class T, class Function>
std::unique_ptr<Kernel> scalar_binary(const NodeView& node, Function function) {
  return std::make_unique<ScalarBinaryKernel<T, Function>>(node, std::move(function));
}

/// a + sign * b on integers with the fused activation, in the node's requantization mode.
std::unique_ptr<Kernel> int8_sum(const NodeView& node, int sign);
std::unique_ptr<Kernel> int16_sum(const NodeView& node, int sign);

/// A kernel that looks up the result of each pair of INT8 values.
std::unique_ptr<Kernel> table_binary(const NodeView& node, kernels::LookupTable2d table);

}  // namespace octet::ops
