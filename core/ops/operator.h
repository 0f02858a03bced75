// What Octet knows about an operator, in one value: its shapes, kernels, quantization rule and hardware
// constraints. Each ops/<operator>.cc defines one; ops/table.cc lists them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "ops/constraint.h"
#include "ops/facts.h"

namespace octet::ops {

/// What shape inference finds for one output. Quantization parameters are not part of it.
struct TensorType {
  DType dtype = DType::Float32;
  Shape shape;
};

/// Where a kernel reads and writes during one run. Constant operands are passed too; a kernel that packed
/// them ignores them.
struct KernelArguments {
  std::span<const std::byte* const> inputs;  ///< One an operand; null where the operand is absent.
  std::span<std::byte* const> outputs;
  std::byte* scratch = nullptr;  ///< scratch_bytes() bytes, aligned to 16.

  template <class T>
  const T* input(size_t i) const {
    return reinterpret_cast<const T*>(inputs[i]);
  }
  template <class T>
  T* output(size_t i = 0) const {
    return reinterpret_cast<T*>(outputs[i]);
  }
};

/// A node made ready to run: everything that can be checked, packed or computed beforehand has been.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// In 64 bits, and more than there is for hostile shapes: prepare_kernels() refuses that.
  virtual uint64_t scratch_bytes() const { return 0; }
  /// Computes the outputs. Allocates nothing and cannot fail.
  virtual void run(const KernelArguments& arguments) const = 0;
};

/// Makes the kernel of a node whose tensors have shapes, types and (for integers) quantization parameters.
using PrepareKernel = std::unique_ptr<Kernel> (*)(const NodeView& node);

/// The kernels an operator has, by the type of its activations; null where it lacks one.
///
/// `i16` computes on INT16 activations of zero point 0; weights are INT8 and biases INT64 ("16x8"), other
/// constants INT16. per_tensor() and clamp_of<int16_t>() give its parameters, kernels/arithmetic/requantize.h
/// its arithmetic; a kernel that never looks into its elements serves all three. A node that reads or
/// computes an INT16 tensor runs `i16`, be it QUANTIZE to INT8. `Support::int16` then says whether TFLite has
/// the like; the MLA follows from INT8 (partition/target.h).
struct Kernels {
  PrepareKernel f32 = nullptr;
  PrepareKernel i8 = nullptr;
  PrepareKernel i16 = nullptr;
  /// Elements that stand for themselves: see is_plain(). It looks at the type, and fails where it lacks it.
  PrepareKernel plain = nullptr;
  /// Tensors of any types, of which only the bytes matter: then there is no other kernel, and operands and
  /// results need not have one type.
  PrepareKernel bytes = nullptr;
};

/// The kernels of an operator that never looks into its elements.
constexpr Kernels every_type(PrepareKernel prepare) {
  return {.f32 = prepare, .i8 = prepare, .i16 = prepare, .plain = prepare};
}

/// True for integers without a scale and truth values: indices, shapes, conditions, pixels as they come.
constexpr bool is_plain(DType dtype) {
  return dtype == DType::Int32 || dtype == DType::Int64 || dtype == DType::Bool || dtype == DType::UInt8;
}

/// How the output's quantization parameters follow from the operator.
enum class OutputQuantization : uint8_t {
  Free,         ///< From the calibrated range.
  SameAsInput,  ///< Those of input `same_as`: the operator moves or selects values.
  AllSame,      ///< All inputs and outputs share one scale: what is concatenated, compared or selected among.
  Fixed,        ///< `fixed_scale`, `fixed_zero_point` (INT8), whatever was calibrated.
  NotQuantized,  ///< The output is no quantity with a scale: an index.
};

/// A constant operand with parameters of its own: symmetric, per channel along `axis`.
struct WeightOperand {
  size_t index = 1;                 ///< Which operand.
  int channel_axis = 0;             ///< The axis of output channels.
  std::optional<size_t> bias = {};  ///< Operand with the int32 bias of scale s_in * s_w.
};

/// The reals from `low` to `high`; by default all of them.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// What is known of an operand's values. Where nothing is, they may be any.
struct KnownValues {
  Interval range = {};
  /// The least magnitude of those that are not zero, as far as it is known: a constant's, or an integer's
  /// scale.
  double least_magnitude = 0;
  /// Of rows along the last axis: the least of their largest values, and how far the smallest value of one
  /// is below its largest at most. Known of operands of operators that compare within rows.
  double least_row_maximum = 0;
  double widest_row = 0;
};

/// Which values of operand `i` make a difference, where of the output only those within `output` do: an
/// element from outside may be moved to the nearer end, and what changes of the output stays beyond an end of
/// `output`. `operands`: what is known of each.
using RelevantValues = Interval (*)(const NodeView& node, size_t i, const Interval& output,
                                    std::span<const KnownValues> operands);

/// The RelevantValues of an operator that moves or selects values.
inline Interval same_as_output(const NodeView&, size_t, const Interval& output,
                               std::span<const KnownValues>) {
  return output;
}

struct QuantizationRule {
  OutputQuantization output = OutputQuantization::Free;
  size_t same_as = 0;
  float fixed_scale = 0;
  int32_t fixed_zero_point = 0;
  float fixed_scale_int16 = 0;  ///< Fixed, in INT16, whose zero point is 0; 0 where INT16 is Free.
  std::optional<WeightOperand> weight = {};
  /// Operands that are plain in every precision, be the others reals: indices, a condition. Their types are
  /// checked by Operator::infer.
  std::span<const size_t> plain_operands = {};
  /// Null where every value of every operand makes a difference, whatever happens to the output.
  RelevantValues relevant = nullptr;
  /// Whether `relevant` asks for the rows of operand 0.
  bool compares_within_rows = false;
};

/// The scales of an integer node.
struct NodeScales {
  Precision precision = Precision::Int8;
  std::vector<double>
      inputs;  ///< By operand: the largest of weights with one a channel; 0 where there is none.
  double output = 0;
};

/// What is wrong with scales for a kernel.
enum class ScaleProblem : uint8_t {
  None,
  InputTooFine,   ///< Until the scale of operand 0 is raised.
  OutputTooFine,  ///< Until that of the output is.
  Unfit,          ///< It cannot be mended by raising scales.
};

/// Which scales a kernel takes.
using ScaleCheck = ScaleProblem (*)(const NodeView& node, const NodeScales& scales);

/// Support of one kind of hardware for an operator: the precisions that run at all, and under which
/// constraints.
struct Support {
  bool int8 = false;
  bool int16 = false;  ///< Of TFLite's kernels only: see partition::Target::int16.
  bool bf16 = false;
  std::span<const Constraint> constraints = {};
  ScaleCheck scales = nullptr;  ///< Null where every scale is taken.
};

/// Everything known about one operator.
struct Operator {
  OpKind kind;
  /// Checks operands and attributes and returns the output types. Throws InvalidShape naming node and
  /// dimension.
  std::vector<TensorType> (*infer)(const NodeView& node);
  Kernels kernels;
  QuantizationRule quantization = {};
  Support mla;       ///< gen1 and gen2 (bf16 on gen2 only).
  Support tflite;    ///< TFLite's own integer kernels.
  bool cvu = false;  ///< The CVU can run it, as pre- or post-processing at the model's edge.
  bool in_place =
      false;  ///< Output 0 may share memory with input 0: element i is read before element i is written.

  /// What people read in little room. Only "CONV_2D" and the like are accepted as names.
  Stated<std::string_view> short_name;
  Stated<Elements> elements;
  Stated<AxisRule> axes;
  Stated<Derivative> derivative;
  /// Whether scaling a channel of every computed operand scales that channel of output 0, knowing that their
  /// channels are as many, along the last axis. What an activation clamps is not looked at.
  Stated<NodePredicate> passes_channel_factors;
  Stated<Identity> identity;
  /// Whether an integer node's results depend on the requantization mode.
  Stated<NodePredicate> rescales;
  Stated<ProductCount> multiply_accumulates;
  /// The activation that stands for the operator behind another one.
  Stated<std::optional<Activation>> fused_as;
  /// Null where the operator is never computed by others.
  Stated<const Decomposition*> decomposition;
};

/// Which hardware's support: &Operator::mla or &Operator::tflite.
using SupportMember = Support Operator::*;

/// The table: every OpKind has an entry.
const Operator& operator_of(OpKind kind);
std::span<const Operator* const> all_operators();

/// True for operators whose output has the scale of its inputs: they move values, or choose among them.
inline bool keeps_scale(const Operator& op) {
  const OutputQuantization output = op.quantization.output;
  return output == OutputQuantization::SameAsInput || output == OutputQuantization::AllSame;
}
/// True for operands of such operators whose values the output holds.
bool is_moved_operand(const Operator& op, size_t i);
/// True for an operand that QuantizationRule::plain_operands names.
bool is_plain_operand(const Operator& op, size_t i);
/// The type that decides in what the node computes: that of its first operand that is not named so.
DType activation_type(const NodeView& node);

/// Multiply-accumulates of one forward pass of the node; 0 for operators without any.
int64_t multiply_accumulates(const Graph& graph, const Node& node);

/// Runs shape inference over the graph in order and stores output shapes and types; throws what infer throws.
void infer_shapes(Graph& graph);
/// The same for one node, whose inputs have been inferred before.
void infer_shapes(Graph& graph, const Node& node);

}  // namespace octet::ops
