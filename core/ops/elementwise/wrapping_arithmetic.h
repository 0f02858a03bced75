// Arithmetic on int32 and int64 that are no quantities: shapes, counts, indices. It wraps, and dividing by
// zero gives 0: kernels cannot fail.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {

/// Calls make(T{}) with the type of the node's first operand; fails for truth values.
template <class Make>
std::unique_ptr<Kernel> by_plain_type(const NodeView& node, Make make) {
  switch (node.input(0).dtype) {
    case DType::Int32:
      return make(int32_t{});
    case DType::Int64:
      return make(int64_t{});
    default:
      node.fail("it does not compute on " + std::string(to_string(node.input(0).dtype)) + " tensors.");
  }
}

/// function(a, b) on unsigned integers, where wrapping is defined, as signed ones.
template <class T, class Function>
T wrapping(Function function, T a, T b) {
  using Unsigned = std::make_unsigned_t<T>;
  return static_cast<T>(function(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
}

/// Towards zero.
template <class T>
T truncated_quotient(T a, T b) {
  if (b == 0) return 0;
  return b == -1 ? wrapping(std::minus<>(), T{0}, a) : static_cast<T>(a / b);
}

/// Towards minus infinity.
template <class T>
T floor_quotient(T a, T b) {
  const T towards_zero = truncated_quotient(a, b);
  const bool inexact = b != 0 && b != -1 && a % b != 0;
  return inexact && (a < 0) != (b < 0) ? static_cast<T>(towards_zero - 1) : towards_zero;
}

/// a - floor_quotient(a, b) * b, of the sign of b.
template <class T>
T floor_remainder(T a, T b) {
  if (b == 0 || b == -1) return 0;
  const T remainder = static_cast<T>(a % b);
  return remainder != 0 && (remainder < 0) != (b < 0) ? static_cast<T>(remainder + b) : remainder;
}

/// out[i] = function(a[i], b[i]), limited, of operands that may be broadcast. The function is called element
/// by element: such tensors are small, and a loop for each function would take kilobytes.
template <class T>
class PlainBinaryKernel final : public Kernel {
 public:
  struct Range {
    T low = std::numeric_limits<T>::min();
    T high = std::numeric_limits<T>::max();
  };

  PlainBinaryKernel(const NodeView& node, T (*function)(T, T), Range range)
      : loops_(node.input(0).shape, node.input(1).shape), function_(function), range_(range) {}
  void run(const KernelArguments& arguments) const override {
    const T* a = arguments.input<T>(0);
    const T* b = arguments.input<T>(1);
    T* out = arguments.output<T>();
    loops_.for_each_element([&](size_t at_a, size_t at_b, size_t at_out) {
      out[at_out] = std::clamp(function_(a[at_a], b[at_b]), range_.low, range_.high);
    });
  }

 private:
  kernels::BroadcastLoops loops_;
  T (*function_)(T, T);
  Range range_;
};

/// The kernel of function(a, b), a generic function of two integers of one type that captures nothing, and
/// then of a fused activation.
template <class Function>
std::unique_ptr<Kernel> plain_binary(const NodeView& node, Function,
                                     Activation activation = Activation::None) {
  return by_plain_type(node, [&]<class T>(T) -> std::unique_ptr<Kernel> {
    typename PlainBinaryKernel<T>::Range range;
    if (activation != Activation::None) range.low = activation == Activation::ReluN1To1 ? -1 : 0;
    if (activation == Activation::Relu6) range.high = 6;
    if (activation == Activation::ReluN1To1) range.high = 1;
    return std::make_unique<PlainBinaryKernel<T>>(
        node, [](T a, T b) -> T { return Function()(a, b); }, range);
  });
}

/// The same with the node's own fused activation.
template <class Function>
std::unique_ptr<Kernel> plain_arithmetic(const NodeView& node, Function function) {
  return plain_binary(node, function, node.attributes<Elementwise>().activation);
}

/// out[i] = function(in[i]), called element by element too.
template <class T>
class PlainUnaryKernel final : public Kernel {
 public:
  PlainUnaryKernel(int64_t count, T (*function)(T)) : count_(count), function_(function) {}
  void run(const KernelArguments& arguments) const override {
    const T* input = arguments.input<T>(0);
    std::transform(input, input + count_, arguments.output<T>(), function_);
  }

 private:
  int64_t count_;
  T (*function_)(T);
};

/// The kernel of function(x), a generic function of an integer that captures nothing.
template <class Function>
std::unique_ptr<Kernel> plain_unary(const NodeView& node, Function) {
  return by_plain_type(node, [&]<class T>(T) -> std::unique_ptr<Kernel> {
    return std::make_unique<PlainUnaryKernel<T>>(node.output().shape.elements(),
                                                 [](T x) -> T { return Function()(x); });
  });
}

}  // namespace octet::ops
