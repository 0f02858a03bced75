// Integer kernels of operators on one tensor: a table of all results, computed once.
#pragma once

#include <memory>

#include "kernels/arithmetic/convert.h"
#include "kernels/arithmetic/lookup_table.h"
#include "ops/elementwise/elementwise_operators.h"
#include "ops/operator.h"

namespace octet::ops {

template <class In, class Out>
class TableUnaryKernel final : public Kernel {
 public:
  TableUnaryKernel(const NodeView& node, kernels::FunctionTable<In, Out> table)
      : count_(static_cast<size_t>(node.output().shape.elements())), table_(std::move(table)) {}
  void run(const KernelArguments& arguments) const override {
    kernels::look_up(table_, arguments.input<In>(0), arguments.output<Out>(), count_);
  }

 private:
  size_t count_;
  kernels::FunctionTable<In, Out> table_;
};

/// A kernel that looks each element up.
template <class In, class Out>
std::unique_ptr<Kernel> table_unary(const NodeView& node, kernels::FunctionTable<In, Out> table) {
  return std::make_unique<TableUnaryKernel<In, Out>>(node, std::move(table));
}

/// The contract's table of a real function: clamp(zero_point + round(function(real) / scale)) in double,
/// halves away from zero. `function` maps double to double.
template <class T = int8_t, class Function>
kernels::FunctionTable<T> table_of_reals(const NodeView& node, Function function) {
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  return kernels::tabulate<T>([&](int32_t q) {
    const double real = static_cast<double>(input.scale) * (q - input.zero_point);
    return kernels::quantize<T>(function(real), output.scale, output.zero_point);
  });
}

/// The same of a function that needs nothing else: compiled once for all of them. T is int8_t or int16_t.
template <class T = int8_t>
kernels::FunctionTable<T> table_of_reals(const NodeView& node, double (*function)(double));

/// As TFLite fills its tables: the same in float, multiplying by the output scale's inverse. `function` maps
/// float to float.
kernels::LookupTable table_of_floats(const NodeView& node, float (*function)(float));

/// As TFLite computes functions of INT16: 512 straight pieces over the whole range, the samples shifted by
/// half of the piece's error at its middle. An infinite result stands for the end of the output's range.
kernels::FunctionTable<int16_t> interpolated_table_of_floats(const NodeView& node, float (*function)(float));

/// The kernel of a function that is the contract's in both requantization modes.
template <class T, double (*real)(double)>
std::unique_ptr<Kernel> prepare_rounded_table(const NodeView& node) {
  return table_unary(node, table_of_reals<T>(node, real));
}

/// INT8 of a function: the contract's, of `real`, or TFLite's, of `single`, as the node's mode says.
template <double (*real)(double), float (*single)(float)>
std::unique_ptr<Kernel> prepare_int8_table(const NodeView& node) {
  const bool sima = node.node().requantization == RequantizationMode::Sima;
  return table_unary(node, sima ? table_of_reals(node, real) : table_of_floats(node, single));
}

/// The same in INT16.
template <double (*real)(double), float (*single)(float)>
std::unique_ptr<Kernel> prepare_int16_table(const NodeView& node) {
  const bool sima = node.node().requantization == RequantizationMode::Sima;
  return table_unary(node,
                     sima ? table_of_reals<int16_t>(node, real) : interpolated_table_of_floats(node, single));
}

/// zero_point + (q - input_zero_point) * factor in fixed point, not clamped: a step of TFLite's piecewise
/// linear kernels.
struct LinearPiece {
  kernels::FixedPointMultiplier multiplier;
  int32_t input_zero_point;
  int32_t output_zero_point;
  int64_t operator()(int32_t q) const {
    return int64_t{output_zero_point} + kernels::multiply_by(q - input_zero_point, multiplier);
  }
};

/// Clamps to the activation's range: RELU, RELU6, RELU_N1_TO_1.
std::unique_ptr<Kernel> float_clamp(const NodeView& node, Activation activation);
std::unique_ptr<Kernel> int8_clamp(const NodeView& node, Activation activation);
std::unique_ptr<Kernel> int16_clamp(const NodeView& node, Activation activation);

}  // namespace octet::ops
