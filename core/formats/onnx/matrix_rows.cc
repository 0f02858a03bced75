// Products of matrices.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"
#include "ir/text.h"

namespace octet::formats::onnx {
namespace {

/// The last two axes exchanged.
TensorId with_swapped_axes(NodeReader& node, TensorId id) {
  const int rank = node.shape_of(id).rank();
  return transposed(node, id, exchanged_axes(rank, rank - 2, rank - 1));
}

struct Factor {
  TensorId id;
  bool is_transposed = false;
};

/// a * b of at least two dimensions each. A constant matrix `b` is the filter of a FULLY_CONNECTED.
TensorId product(NodeReader& node, Factor a, Factor b, TensorId bias = TensorId::None) {
  const Tensor& right = node.graph().tensor(b.id);
  const bool is_filter =
      right.is_constant() && right.shape.rank() == 2 && node.graph().tensor(a.id).dtype == DType::Float32;
  if (!is_filter) {
    const TensorId result =
        node.emit(OpKind::BatchMatmul, BatchMatmul{a.is_transposed, b.is_transposed}, {a.id, b.id});
    return bias == TensorId::None ? result : binary(node, OpKind::Add, result, bias);
  }
  if (a.is_transposed) a.id = with_swapped_axes(node, a.id);
  if (!b.is_transposed) b.id = with_swapped_axes(node, b.id);
  std::vector<TensorId> inputs = {a.id, b.id};
  if (bias != TensorId::None) inputs.push_back(bias);
  return node.emit(OpKind::FullyConnected, FullyConnected{.keep_dims = true}, std::move(inputs));
}

/// MatMul as NumPy has it: a vector is a row in front, a column behind, and the axis is dropped again.
TensorId numpy_product(NodeReader& node, Factor a, Factor b) {
  const Shape left = node.shape_of(a.id);
  const Shape right = node.shape_of(b.id);
  if (left.rank() == 0 || right.rank() == 0) node.invalid("it multiplies scalars.");
  if (left.rank() == 1) a.id = reshaped(node, a.id, std::vector<int64_t>{1, left[0]});
  if (right.rank() == 1) b.id = reshaped(node, b.id, std::vector<int64_t>{right[0], 1});
  TensorId result = product(node, a, b);
  std::vector<int64_t> dims = dims_of(node.shape_of(result));
  if (left.rank() == 1) dims.erase(dims.end() - 2);
  if (right.rank() == 1) dims.pop_back();
  return reshaped(node, result, dims);
}

void read_matmul(NodeReader& node) {
  const TensorId a = node.operand(0);
  const TensorId b = node.operand(1);
  node.give(numpy_product(node, {a}, {b}));
}

/// com.microsoft's: of transposed operands, times alpha.
void read_fused_matmul(NodeReader& node) {
  if (node.integer("transBatchA", 0) != 0 || node.integer("transBatchB", 0) != 0)
    node.unsupported("with transposed batches");
  const TensorId a = node.operand(0);
  const TensorId b = node.operand(1);
  const TensorId result = numpy_product(node, {a, node.integer("transA", 0) != 0 && node.rank(0) > 1},
                                        {b, node.integer("transB", 0) != 0 && node.rank(1) > 1});
  const float alpha = node.real("alpha", 1);
  node.give(alpha == 1 ? result : binary(node, OpKind::Mul, result, node.scalar(alpha)));
}

/// alpha * a * b + beta * c. Constants take alpha and beta into themselves; a `c` of one row is a bias.
void read_gemm(NodeReader& node) {
  if (node.rank(0) != 2 || node.rank(1) != 2) node.invalid("its operands are no matrices.");
  const float alpha = node.real("alpha", 1);
  const float beta = node.real("beta", 1);
  const Factor a = {node.operand(0), node.integer("transA", 0) != 0};
  Factor b = {node.operand(1), node.integer("transB", 0) != 0};
  if (alpha != 1) b.id = binary(node, OpKind::Mul, b.id, node.scalar(alpha));
  TensorId c = node.has(2) ? node.operand(2) : TensorId::None;
  if (c != TensorId::None && beta != 1) c = binary(node, OpKind::Mul, c, node.scalar(beta));
  if (c == TensorId::None) return node.give(product(node, a, b));

  const Shape shape = node.shape_of(c);
  const int32_t columns = node.shape_of(b.id)[b.is_transposed ? 0 : 1];
  const bool is_row = shape.elements() == columns && (shape.rank() == 0 || shape[-1] == columns);
  if (is_row && node.graph().tensor(c).is_constant())
    return node.give(product(node, a, b, reshaped(node, c, std::vector<int64_t>{columns})));
  const TensorId result = product(node, a, b);
  node.give(binary(node, OpKind::Add, result, c));
}

/// The terms of an equation such as "bij,bjk->bik", spaces left out.
struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

constexpr std::string_view kEllipsis = "...";

void replace_ellipsis(std::string& term, std::string_view labels) {
  const size_t at = term.find(kEllipsis);
  if (at != term.npos) term.replace(at, kEllipsis.size(), labels);
}

/// Gives the axes that an ellipsis stands for labels of their own, the same from the last on. Returns those
/// of the longest.
std::string name_ellipses(NodeReader& node, std::vector<std::string>& operands) {
  constexpr std::string_view kLabels = "01234567";  // Equations themselves have letters.
  std::string longest;
  for (size_t i = 0; i < operands.size() && i < node.operand_count(); ++i) {
    if (operands[i].find(kEllipsis) == std::string::npos) continue;
    const int named = static_cast<int>(operands[i].size() - kEllipsis.size());
    if (named > node.rank(i)) node.invalid("its equation does not fit the dimensions of its operands.");
    const std::string labels(kLabels.substr(kLabels.size() - static_cast<size_t>(node.rank(i) - named)));
    replace_ellipsis(operands[i], labels);
    if (labels.size() > longest.size()) longest = labels;
  }
  return longest;
}

Equation equation_of(NodeReader& node) {
  std::string text(node.text("equation", ""));
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  Equation equation;
  const size_t arrow = text.find("->");
  const std::string operands = text.substr(0, arrow);
  for (size_t from = 0; from <= operands.size();) {
    const size_t comma = std::min(operands.find(',', from), operands.size());
    equation.operands.push_back(operands.substr(from, comma - from));
    from = comma + 1;
  }
  const std::string shared = name_ellipses(node, equation.operands);
  if (arrow != text.npos) {
    equation.result = text.substr(arrow + 2);
    replace_ellipsis(equation.result, shared);
    return equation;
  }
  // Without an arrow: those of ellipses, then what stands there once, in alphabetical order.
  std::map<char, int> uses;
  for (const std::string& operand : equation.operands) {
    for (const char label : operand) ++uses[label];
  }
  equation.result = shared;
  for (const auto& [label, count] : uses) {
    if (count == 1 && shared.find(label) == shared.npos) equation.result += label;
  }
  return equation;
}

/// An operand with its axes in the order of `labels`, those that it has not left out; axes that stand in
/// neither the result nor another operand are added up first.
struct Term {
  TensorId id;
  std::string labels;
};

/// The diagonal of two axes of one label, as the last axis.
Term diagonal(NodeReader& node, Term term) {
  for (size_t i = 0; i < term.labels.size(); ++i) {
    const size_t j = term.labels.find(term.labels[i], i + 1);
    if (j == std::string::npos) continue;
    const Shape shape = node.shape_of(term.id);
    const int32_t extent = shape[static_cast<int>(i)];
    if (shape[static_cast<int>(j)] != extent) node.invalid("its equation takes the diagonal of no square.");
    const char label = term.labels[i];
    std::vector<int32_t> permutation;
    std::vector<int64_t> dims;
    std::string labels;
    for (size_t axis = 0; axis < term.labels.size(); ++axis) {
      if (axis == i || axis == j) continue;
      permutation.push_back(static_cast<int32_t>(axis));
      dims.push_back(shape[static_cast<int>(axis)]);
      labels += term.labels[axis];
    }
    permutation.insert(permutation.end(), {static_cast<int32_t>(i), static_cast<int32_t>(j)});
    dims.push_back(int64_t{extent} * extent);
    std::vector<int32_t> places;
    for (int32_t k = 0; k < extent; ++k) places.push_back(k * (extent + 1));
    const TensorId squares = reshaped(node, transposed(node, term.id, permutation), dims);
    const auto last = static_cast<int32_t>(dims.size()) - 1;
    return diagonal(node, {gathered(node, squares, last, places), labels + label});
  }
  return term;
}

Term summed(NodeReader& node, Term term, const std::string& kept) {
  term = diagonal(node, std::move(term));
  std::vector<int32_t> axes;
  std::string labels;
  for (size_t i = 0; i < term.labels.size(); ++i) {
    if (kept.find(term.labels[i]) == std::string::npos) {
      axes.push_back(static_cast<int32_t>(i));
    } else {
      labels += term.labels[i];
    }
  }
  return {reduced(node, OpKind::Sum, term.id, std::move(axes), false), labels};
}

TensorId in_order_of(NodeReader& node, const Term& term, const std::string& labels) {
  std::vector<int32_t> permutation;
  for (const char label : labels) {
    const size_t at = term.labels.find(label);
    if (at == std::string::npos) node.invalid("its equation has a result that no operand has.");
    permutation.push_back(static_cast<int32_t>(at));
  }
  if (permutation.size() != term.labels.size()) node.invalid("its equation names an axis twice.");
  return transposed(node, term.id, std::move(permutation));
}

/// A product of two: the axes that both and the result have are batches, those that only both have are added
/// up.
Term contracted(NodeReader& node, const Term& a, const Term& b, const std::string& result) {
  std::string batch, rows, columns, depth;
  const auto has = [](const std::string& labels, char label) { return labels.find(label) != labels.npos; };
  for (const char label : a.labels) {
    std::string& kind = !has(b.labels, label) ? rows : has(result, label) ? batch : depth;
    kind += label;
  }
  for (const char label : b.labels) {
    if (!has(a.labels, label)) columns += label;
  }
  std::map<char, int64_t> extents;
  const auto measure = [&](const Term& term) {
    const Shape shape = node.shape_of(term.id);
    for (size_t i = 0; i < term.labels.size(); ++i) {
      const auto [entry, is_new] = extents.emplace(term.labels[i], shape[static_cast<int>(i)]);
      if (!is_new && entry->second != shape[static_cast<int>(i)])
        node.unsupported("its equation broadcasts an axis");
    }
  };
  measure(a);
  measure(b);
  const auto count = [&](const std::string& labels) {
    int64_t product = 1;
    for (const char label : labels) product *= extents[label];
    return product;
  };
  const auto dims = [&](const std::string& last, const std::string& but_last) {
    std::vector<int64_t> list;
    for (const char label : batch) list.push_back(extents[label]);
    list.push_back(count(but_last));
    list.push_back(count(last));
    return list;
  };
  const TensorId left = reshaped(node, in_order_of(node, a, batch + rows + depth), dims(depth, rows));
  const TensorId right = reshaped(node, in_order_of(node, b, batch + depth + columns), dims(columns, depth));
  const TensorId matrices = product(node, {left}, {right});
  std::vector<int64_t> whole;
  for (const char label : batch + rows + columns) whole.push_back(extents[label]);
  return {reshaped(node, matrices, whole), batch + rows + columns};
}

void read_einsum(NodeReader& node) {
  const Equation equation = equation_of(node);
  if (equation.operands.size() != node.operand_count())
    node.invalid("its equation has another number of operands than the node.");
  if (node.operand_count() == 0 || node.operand_count() > 2)
    node.unsupported("of " + std::to_string(node.operand_count()) + " operands");
  std::vector<Term> terms;
  for (size_t i = 0; i < node.operand_count(); ++i) {
    if (static_cast<size_t>(node.rank(i)) != equation.operands[i].size())
      node.invalid("its equation does not fit the dimensions of its operands.");
    std::string kept = equation.result;
    for (size_t j = 0; j < node.operand_count(); ++j) {
      if (j != i) kept += equation.operands[j];
    }
    terms.push_back(summed(node, {node.operand(i), equation.operands[i]}, kept));
  }
  const Term whole = terms.size() == 1 ? terms[0] : contracted(node, terms[0], terms[1], equation.result);
  node.give(in_order_of(node, whole, equation.result));
}

constexpr OperatorRow kRows[] = {
    {"Einsum", read_einsum},
    {"FusedMatMul", read_fused_matmul, kMicrosoft},
    {"Gemm", read_gemm},
    {"MatMul", read_matmul},
};

}  // namespace

std::span<const OperatorRow> matrix_rows() { return kRows; }

}  // namespace octet::formats::onnx
