#include "ops/logic/select_operators.h"

#include <array>
#include <cstring>
#include <string>

#include "ops/logic/truth_values.h"

namespace octet::ops {
namespace {

/// Steps in elements along the axes of the output; 0 where the operand repeats.
using Steps = std::array<size_t, Shape::kMaxRank>;

Steps steps_of(const Shape& shape, const Shape& output) {
  Steps steps = {};
  size_t step = 1;
  for (int back = 1; back <= shape.rank(); ++back) {
    const size_t axis = static_cast<size_t>(output.rank() - back);
    if (shape[-back] > 1) steps[axis] = step;
    step *= static_cast<size_t>(shape[-back]);
  }
  return steps;
}

/// `Element` has the size of the elements.
template <class Element>
class SelectingKernel final : public Kernel {
 public:
  SelectingKernel(const NodeView& node, const Shape& condition)
      : output_(node.output().shape),
        condition_(steps_of(condition, output_)),
        yes_(steps_of(node.input(1).shape, output_)),
        no_(steps_of(node.input(2).shape, output_)) {}

  void run(const KernelArguments& arguments) const override {
    const uint8_t* condition = arguments.input<uint8_t>(0);
    const Element* yes = arguments.input<Element>(1);
    const Element* no = arguments.input<Element>(2);
    Element* out = arguments.output<Element>();
    std::array<int32_t, Shape::kMaxRank> at = {};
    size_t c = 0, y = 0, n = 0;
    for (int64_t i = 0; i < output_.elements(); ++i) {
      out[i] = condition[c] != 0 ? yes[y] : no[n];
      for (int axis = output_.rank() - 1; axis >= 0; --axis) {
        const size_t a = static_cast<size_t>(axis);
        c += condition_[a];
        y += yes_[a];
        n += no_[a];
        if (++at[a] < output_[axis]) break;
        at[a] = 0;
        const size_t extent = static_cast<size_t>(output_[axis]);
        c -= condition_[a] * extent;
        y -= yes_[a] * extent;
        n -= no_[a] * extent;
      }
    }
  }

 private:
  Shape output_;
  Steps condition_, yes_, no_;
};

}  // namespace

void expect_choice(const NodeView& node) {
  expect_truth(node, 0);
  if (node.input(1).dtype == node.input(2).dtype) return;
  node.fail("it chooses between different types, " + std::string(to_string(node.input(1).dtype)) + " and " +
            std::string(to_string(node.input(2).dtype)) + ".");
}

std::unique_ptr<Kernel> selecting_kernel(const NodeView& node, const Shape& condition) {
  switch (size_of(node.output().dtype)) {
    case 1:
      return std::make_unique<SelectingKernel<uint8_t>>(node, condition);
    case 2:
      return std::make_unique<SelectingKernel<uint16_t>>(node, condition);
    case 4:
      return std::make_unique<SelectingKernel<uint32_t>>(node, condition);
    default:
      return std::make_unique<SelectingKernel<uint64_t>>(node, condition);
  }
}

}  // namespace octet::ops
