// Operators that take slices or elements by indices, or put them there.
#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

/// Constant indices that count from the end, as those from the beginning. Computed ones must not be negative:
/// the graph's operators clamp them.
TensorId indices_of(NodeReader& node, size_t i, const std::vector<int64_t>& extents) {
  const TensorId id = node.operand(i);
  if (!node.is_constant(i)) return id;
  std::vector<int64_t> indices = node.constant_integers(i, "its indices");
  bool has_negative = false;
  for (size_t k = 0; k < indices.size(); ++k) {
    const int64_t extent = extents[k % extents.size()];
    if (indices[k] < -extent || indices[k] >= extent)
      node.invalid("its index " + std::to_string(indices[k]) + " is outside of its operand.");
    has_negative |= indices[k] < 0;
    if (indices[k] < 0) indices[k] += extent;
  }
  return has_negative ? node.constant(node.shape(i), indices) : id;
}

void read_gather(NodeReader& node) {
  const int32_t axis = node.axis(node.integer("axis", 0), node.rank(0));
  if (node.is_empty(1)) {
    std::vector<int64_t> dims = node.dims(0);
    const std::vector<int64_t> inner = node.dims(1);
    dims.erase(dims.begin() + axis);
    dims.insert(dims.begin() + axis, inner.begin(), inner.end());
    return node.give(EmptyValue{node.tensor(0).dtype, std::move(dims)});
  }
  const TensorId indices = indices_of(node, 1, {node.shape(0)[axis]});
  node.give(node.emit(OpKind::Gather, Gather{.axis = axis}, {node.operand(0), indices}));
}

/// Rows of indices with their own places in front, in as many dimensions as are batches.
TensorId with_batch_indices(NodeReader& node, TensorId rows, int batches) {
  const Shape shape = node.shape_of(rows);
  const Tensor& tensor = node.graph().tensor(rows);
  if (tensor.dtype != DType::Int64) node.invalid("its indices are not int64.");
  const std::span<const int64_t> from = tensor.values<int64_t>();
  const auto depth = static_cast<size_t>(shape[-1]);
  std::vector<int64_t> to;
  for (size_t row = 0; row < from.size() / depth; ++row) {
    for (int d = 0; d < batches; ++d) {
      const int64_t inner = shape.elements(d + 1, shape.rank() - 1);
      to.push_back(static_cast<int64_t>(row) / inner % shape[d]);
    }
    to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(row * depth),
              from.begin() + static_cast<ptrdiff_t>((row + 1) * depth));
  }
  std::vector<int64_t> dims = dims_of(shape);
  dims.back() += batches;
  return node.constant(shape_from(dims), to);
}

void read_gather_nd(NodeReader& node) {
  const int64_t batches = node.integer("batch_dims", 0);
  const Shape indices = node.shape(1);
  if (batches < 0 || batches >= indices.rank() || indices[-1] + batches > node.rank(0))
    node.invalid("its indices do not fit its operand.");
  std::vector<int64_t> extents = node.dims(0);
  extents.erase(extents.begin(), extents.begin() + batches);
  extents.resize(static_cast<size_t>(indices[-1]));
  TensorId rows = indices_of(node, 1, extents);
  if (batches > 0) {
    if (!node.is_constant(1)) node.unsupported("with batch dimensions and computed indices");
    rows = with_batch_indices(node, rows, static_cast<int>(batches));
  }
  node.give(node.emit(OpKind::GatherNd, NoAttributes{}, {node.operand(0), rows}));
}

/// Gives operand 0 with some of its slices replaced, the slices being `[..., width]` elements: a GATHER of
/// both. `places`: for each slice of operand 2, in order, the slice of operand 0 that it replaces.
void give_scattered(NodeReader& node, const std::vector<int64_t>& places, int64_t width) {
  const Shape shape = node.shape(0);
  const int64_t count = shape.elements() / width;
  std::vector<int32_t> sources(static_cast<size_t>(count));
  std::iota(sources.begin(), sources.end(), 0);
  for (size_t i = 0; i < places.size(); ++i)
    sources[static_cast<size_t>(places[i])] = static_cast<int32_t>(count + static_cast<int64_t>(i));
  const TensorId data = reshaped(node, node.operand(0), std::array{count, width});
  const TensorId updates =
      reshaped(node, node.operand(2), std::array{static_cast<int64_t>(places.size()), width});
  const TensorId both = node.emit(OpKind::Concatenation, Axis{0}, {data, updates});
  node.give(reshaped(node, gathered(node, both, 0, sources), dims_of(shape)));
}

void refuse_reduction(const NodeReader& node) {
  const std::string_view reduction = node.text("reduction", "none");
  if (reduction != "none") node.unsupported("with the reduction " + std::string(reduction));
}

void read_scatter_nd(NodeReader& node) {
  refuse_reduction(node);
  const Shape shape = node.shape(0);
  const Shape indices = node.shape(1);
  if (indices.rank() == 0 || indices[-1] > shape.rank()) node.invalid("its indices do not fit its operand.");
  const int depth = indices[-1];
  const std::vector<int64_t> rows = node.constant_integers(1, "its indices");
  std::vector<int64_t> places;
  for (size_t at = 0; at < rows.size(); at += static_cast<size_t>(depth)) {
    int64_t place = 0;
    for (int d = 0; d < depth; ++d) {
      int64_t index = rows[at + static_cast<size_t>(d)];
      index += index < 0 ? shape[d] : 0;
      if (index < 0 || index >= shape[d]) node.invalid("an index of it is outside of its operand.");
      place = place * shape[d] + index;
    }
    places.push_back(place);
  }
  const int64_t width = shape.elements(depth, shape.rank());
  if (node.shape(2).elements() != static_cast<int64_t>(places.size()) * width)
    node.invalid("its updates do not fit its indices.");
  give_scattered(node, places, width);
}

/// The place in a flat tensor of each element that indices along an axis name.
std::vector<int64_t> element_places(NodeReader& node, size_t i, const Shape& shape) {
  const Shape taken = node.shape(i);
  const int32_t axis = node.axis(node.integer("axis", 0), shape.rank());
  if (taken.rank() != shape.rank()) node.invalid("its indices have another number of dimensions.");
  std::vector<int64_t> places = node.constant_integers(i, "its indices");
  for (size_t k = 0; k < places.size(); ++k) {
    int64_t offset = 0;
    int64_t rest = static_cast<int64_t>(k);
    int64_t stride = 1;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      const int64_t at = d == axis ? places[k] + (places[k] < 0 ? shape[d] : 0) : rest % taken[d];
      if (at < 0 || at >= shape[d]) node.invalid("an index of it is outside of its operand.");
      rest /= taken[d];
      offset += at * stride;
      stride *= shape[d];
    }
    places[k] = offset;
  }
  return places;
}

void read_scatter_elements(NodeReader& node) {
  refuse_reduction(node);
  const std::vector<int64_t> places = element_places(node, 1, node.shape(0));
  if (node.shape(2).elements() != static_cast<int64_t>(places.size()))
    node.invalid("its updates do not fit its indices.");
  give_scattered(node, places, 1);
}

/// Constant indices name elements of the whole tensor: a GATHER of it as one list.
void read_gather_elements(NodeReader& node) {
  const Shape shape = node.shape(0);
  const std::vector<int64_t> places = element_places(node, 1, shape);
  const TensorId list = reshaped(node, node.operand(0), std::array{shape.elements()});
  const TensorId elements = gathered(node, list, 0, {places.begin(), places.end()});
  node.give(reshaped(node, elements, dims_of(node.shape(1))));
}

constexpr OperatorRow kRows[] = {
    {"Gather", read_gather},
    {"GatherElements", read_gather_elements},
    {"GatherND", read_gather_nd},
    {"Scatter", read_scatter_elements},
    {"ScatterElements", read_scatter_elements},
    {"ScatterND", read_scatter_nd},
};

}  // namespace

std::span<const OperatorRow> gather_rows() { return kRows; }

}  // namespace octet::formats::onnx
