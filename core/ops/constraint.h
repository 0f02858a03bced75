// What a node must be like to run in a unit, and what users read of one that is not.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "ir/graph.h"
#include "ops/facts.h"

namespace octet::ops {

/// The hardware and runtimes that a graph can be quantized for. Their data is in partition/target.h.
enum class TargetId : uint8_t { Gen1, Gen2, Tflite };

/// What a constraint may look at.
struct ConstraintView {
  const NodeView& node;
  TargetId target;
  Precision precision;
  bool any_shape = false;  ///< The user allowed tensors that are not 4-D on the MLA.
};

/// One condition for running a node in a unit.
struct Constraint {
  /// Completes "CONV_2D runs on the MLA only if …", with the operator as "it": "its strides are from 1 to
  /// 31".
  std::string_view sentence;
  bool (*holds)(const ConstraintView& view);
  /// What is so instead, of a node for which it does not hold: completes "…, and …": "they are 40 by 40".
  Stated<std::string (*)(const ConstraintView& view)> found;
};

// Clauses for Constraint::found, each made by one call: constraints are many, and strings that each of them
// puts together by itself are code that a page has to fetch.

/// `form` with a number in place of each '#', in order.
std::string filled(std::string_view form, std::initializer_list<int32_t> numbers = {});
std::string filled(std::string_view form, float first, float second = 0);
/// The same with shapes: "1x28x28x1".
std::string filled(std::string_view form, const Shape& first, const Shape& second);
/// `form` with all numbers in place of its '#': "0, 1 and 3".
std::string filled(std::string_view form, std::span<const int32_t> list);
/// "axis 0", "axes 0, 1 and 3", "no axis".
std::string filled_with_axes(std::string_view form, std::span<const int32_t> axes);

// What the constraints below look at, and what is found instead.
bool has_four_dimensions(const ConstraintView& view);
bool has_four_or_five_dimensions(const ConstraintView& view);
bool has_four_dimensional_input(const ConstraintView& view);
/// "they have 3 and 2": dimensions of input 0 and of the output.
std::string found_ranks(const ConstraintView& view);
/// "it has 3": dimensions of input 0.
std::string found_input_rank(const ConstraintView& view);
/// "it turns 2x8 into 16": the shapes of input 0 and of the output.
std::string found_shapes(const ConstraintView& view);
/// Of what is not to be done along the batch axis: "its axis is 0".
std::string found_batch_axis(const ConstraintView& view);

/// On the MLA, unless any shape is allowed there.
inline constexpr Constraint kFourDimensional = {"its input and output have four dimensions",
                                                has_four_dimensions, found_ranks};
inline constexpr Constraint kFourOrFiveDimensional = {"its input and output have four or five dimensions",
                                                      has_four_or_five_dimensions, found_ranks};
inline constexpr Constraint kFourDimensionalInput = {"its input has four dimensions",
                                                     has_four_dimensional_input, found_input_rank};

/// The first input has at most kRank dimensions.
template <int kRank>
bool input_rank_at_most(const ConstraintView& view) {
  return view.node.input(0).shape.rank() <= kRank;
}
inline constexpr Constraint kAtMostFiveDimensions = {"its input has at most five dimensions",
                                                     input_rank_at_most<5>, found_input_rank};
inline constexpr Constraint kAtMostSixDimensions = {"its input has at most six dimensions",
                                                    input_rank_at_most<6>, found_input_rank};

}  // namespace octet::ops
