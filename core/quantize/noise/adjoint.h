// Derivatives backwards: from a float output of a node to its inputs. A probe at an output of a graph, taken
// back node by node, tells at every tensor how much a small change there moves the probe; one pass that costs
// about as much as a forward one.
//
// Derivatives of operators are found by running the operators themselves, wherever that is possible:
// functions of single elements by differences, operators that only move values by moving indices, and those
// that resize or average along axes by the rows of single ones. Only what multiplies by weights has a rule of
// its own: the same convolution with its filter turned around.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulate/replay.h"
#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::quantize {

/// The derivative of one node.
class AdjointKernel {
 public:
  /// Of operand i: `inputs[i]` what it is; of output o: `outputs[o]` what was computed and `moved[o]` how
  /// much the probe moves with each element. Writes the same for each operand into `found[i]`, null where
  /// nobody asks.
  struct Arguments {
    std::span<const std::byte* const> inputs;
    std::span<const std::byte* const> outputs;
    std::span<const float* const> moved;
    std::span<float* const> found;
  };

  virtual ~AdjointKernel() = default;
  virtual void run(const Arguments& arguments) = 0;
};

/// Null where the operator, or this variant of it, has no derivative here. `kernel` is the node's own.
std::unique_ptr<AdjointKernel> make_adjoint_kernel(const Graph& graph, const Node& node,
                                                   const ops::Kernel& kernel);

class Adjoint {
 public:
  /// How much the probe moves with the elements of `tensor`: by way of `reader`, or, where that is
  /// NodeId::None, by all ways together.
  using Visitor = std::function<void(TensorId tensor, NodeId reader, std::span<const float> moved)>;

  /// Throws UnsupportedOperator naming the operators without a derivative. Takes the memory of all computed
  /// float tensors together.
  explicit Adjoint(std::shared_ptr<const Graph> graph);

  /// `probe` has a factor for each element of float output `output` of the graph, which `replay` has run.
  /// Visits every tensor that the output depends on, those that are computed last first.
  void run(const emulate::Replay& replay, size_t output, std::span<const float> probe,
           const Visitor& visitor);

 private:
  void run_node(const emulate::Replay& replay, size_t n, const Visitor& visitor);

  std::shared_ptr<const Graph> graph_;
  std::vector<std::unique_ptr<ops::Kernel>> kernels_;
  std::vector<std::unique_ptr<AdjointKernel>> adjoints_;  ///< By node; null for nodes that compute no reals.
  std::vector<std::vector<float>> moved_;                 ///< By tensor.
  std::vector<bool> reached_;                             ///< By tensor: moved_ holds something.
  std::vector<std::vector<float>> found_;                 ///< By operand of the node being run.
  std::vector<float> zeros_;                              ///< For outputs that the probe does not move with.
};

}  // namespace octet::quantize
