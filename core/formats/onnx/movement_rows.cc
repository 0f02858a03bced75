// Operators that move values, or choose among them by position.
#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

/// Gives operand 0 in another shape of as many elements.
void give_reshaped(NodeReader& node, std::vector<int64_t> dims) {
  if (node.is_empty(0)) return node.give(EmptyValue{node.dtype(0), std::move(dims)});
  const int64_t elements = node.shape(0).elements();
  int64_t wanted = 1;
  for (const int64_t dim : dims) {
    if (dim < 1 || dim > elements) node.invalid("its shape has a dimension of " + std::to_string(dim) + ".");
    wanted *= dim;
    if (wanted > elements) break;
  }
  if (wanted != elements) node.invalid("its shape does not have the operand's elements.");
  node.give(reshaped(node, node.operand(0), dims));
}

void read_reshape(NodeReader& node) {
  std::vector<int64_t> shape = node.integers("shape", 1).value_or(std::vector<int64_t>());
  const std::vector<int64_t> dims = node.dims(0);
  const bool allows_zero = node.integer("allowzero", 0) != 0;
  int64_t known = 1;
  std::optional<size_t> open;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !allows_zero) {
      if (i >= dims.size()) node.invalid("its shape copies a dimension that its operand does not have.");
      shape[i] = dims[i];
    }
    if (shape[i] == -1) {
      if (open) node.invalid("its shape leaves two dimensions open.");
      open = i;
    } else if (shape[i] < 0 || shape[i] > Shape::kMaxElements) {
      node.invalid("its shape has a dimension of " + std::to_string(shape[i]) + ".");
    } else {
      known = std::min(known * shape[i], Shape::kMaxElements + 1);
    }
  }
  int64_t elements = 1;
  for (const int64_t dim : dims) elements *= dim;
  if (open) {
    if (known == 0 || elements % known != 0)
      node.invalid("its operand's " + std::to_string(elements) + " elements do not fit its shape.");
    shape[*open] = elements / known;
  }
  give_reshaped(node, std::move(shape));
}

void read_flatten(NodeReader& node) {
  const std::vector<int64_t> dims = node.dims(0);
  const auto rank = static_cast<int>(dims.size());
  const int64_t axis = node.integer("axis", 1);
  if (axis < -rank || axis > rank) node.invalid("axis " + std::to_string(axis) + " does not exist.");
  const auto middle = dims.begin() + (axis < 0 ? axis + rank : axis);
  const auto product = [](auto from, auto to) {
    return std::accumulate(from, to, int64_t{1}, std::multiplies<>());
  };
  give_reshaped(node, {product(dims.begin(), middle), product(middle, dims.end())});
}

void read_squeeze(NodeReader& node) {
  std::vector<int64_t> dims = node.dims(0);
  const auto given = node.integers("axes", 1);
  std::vector<bool> dropped(dims.size(), false);
  if (given) {
    for (const int32_t axis : node.axes(*given, static_cast<int>(dims.size()))) {
      if (dims[static_cast<size_t>(axis)] != 1)
        node.invalid("it drops dimension " + std::to_string(axis) + ", which has several elements.");
      dropped[static_cast<size_t>(axis)] = true;
    }
  } else {
    for (size_t i = 0; i < dims.size(); ++i) dropped[i] = dims[i] == 1;
  }
  std::vector<int64_t> left;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!dropped[i]) left.push_back(dims[i]);
  }
  give_reshaped(node, std::move(left));
}

void read_unsqueeze(NodeReader& node) {
  std::vector<int64_t> dims = node.dims(0);
  const auto given = node.integers("axes", 1);
  if (!given) node.invalid("it has no axes.");
  const size_t rank = dims.size() + given->size();
  if (rank > Shape::kMaxRank) node.unsupported("to " + std::to_string(rank) + " dimensions");
  std::vector<int32_t> axes = node.axes(*given, static_cast<int>(rank));
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) node.invalid("it has an axis twice.");
  for (const int32_t axis : axes) dims.insert(dims.begin() + axis, 1);
  give_reshaped(node, std::move(dims));
}

void read_transpose(NodeReader& node) {
  const int rank = node.rank(0);
  std::vector<int32_t> permutation = axes_from(0, rank);
  std::reverse(permutation.begin(), permutation.end());
  if (const auto given = node.integers("perm")) permutation = node.axes(*given, rank);
  std::vector<int32_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted.size() != static_cast<size_t>(rank) || sorted[i] != static_cast<int32_t>(i))
      node.invalid("its perm is no permutation of its operand's axes.");
  }
  node.give(transposed(node, node.operand(0), std::move(permutation)));
}

void read_concat(NodeReader& node) {
  std::vector<TensorId> inputs;
  for (size_t i = 0; i < node.operand_count(); ++i) {
    if (node.has(i) && !node.is_empty(i)) inputs.push_back(node.operand(i));
  }
  if (inputs.empty()) {
    if (node.operand_count() == 0) node.invalid("it has no operands.");
    return node.give(std::get<EmptyValue>(node.value(0)));
  }
  if (node.version() >= 4 && node.attribute("axis") == nullptr) node.invalid("it has no axis.");
  const int32_t axis = node.axis(node.integer("axis", 1), node.shape_of(inputs[0]).rank());
  node.give(inputs.size() == 1 ? inputs[0] : node.emit(OpKind::Concatenation, Axis{axis}, std::move(inputs)));
}

/// The extents of the parts: given, or equal but for the last.
std::vector<int64_t> split_sizes(NodeReader& node, int64_t extent) {
  if (auto given = node.integers("split", 1)) return *std::move(given);
  const int64_t parts = node.integer("num_outputs", static_cast<int64_t>(node.result_count()));
  if (parts < 1 || parts > extent)
    node.invalid("it splits " + std::to_string(extent) + " elements in " + std::to_string(parts) + " parts.");
  const int64_t size = (extent + parts - 1) / parts;
  std::vector<int64_t> sizes(static_cast<size_t>(parts), size);
  sizes.back() = extent - size * (parts - 1);
  return sizes;
}

void read_split(NodeReader& node) {
  const TensorId input = node.operand(0);
  const Shape shape = node.shape(0);
  const DType type = node.tensor(0).dtype;
  const int32_t axis = node.axis(node.integer("axis", 0), shape.rank());
  const std::vector<int64_t> sizes = split_sizes(node, shape[axis]);
  if (sizes.size() != node.result_count()) node.invalid("it has another number of parts than of outputs.");
  std::vector<size_t> parts;  // Those with elements.
  std::vector<int32_t> extents;
  int64_t total = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0 || sizes[i] > shape[axis])
      node.invalid("one of its parts has " + std::to_string(sizes[i]) + " elements.");
    total += sizes[i];
    if (sizes[i] == 0) {
      std::vector<int64_t> dims = dims_of(shape);
      dims[static_cast<size_t>(axis)] = 0;
      node.give(EmptyValue{type, std::move(dims)}, i);
      continue;
    }
    parts.push_back(i);
    extents.push_back(static_cast<int32_t>(sizes[i]));
  }
  if (total != shape[axis]) {
    node.invalid("its parts have " + std::to_string(total) + " elements of the " +
                 std::to_string(shape[axis]) + " of dimension " + std::to_string(axis) + ".");
  }
  if (parts.size() == 1) return node.give(input, parts[0]);
  const bool are_equal =
      std::adjacent_find(extents.begin(), extents.end(), std::not_equal_to<>()) == extents.end();
  const Attributes attributes = are_equal ? Attributes(Axis{axis}) : Attributes(SplitV{axis, extents});
  const std::vector<TensorId> ids =
      node.emit(are_equal ? OpKind::Split : OpKind::SplitV, attributes, {input}, parts.size());
  for (size_t i = 0; i < ids.size(); ++i) node.give(ids[i], parts[i]);
}

/// One axis of a slice, its ends within the axis.
struct AxisSlice {
  int64_t begin;
  int64_t step;
  int64_t count;
};

AxisSlice axis_slice(int64_t start, int64_t end, int64_t step, int64_t extent) {
  const auto clamped = [&](int64_t index, int64_t low, int64_t high) {
    // Not index + extent for indices far below 0, which could overflow.
    if (index < 0) index = index < -extent ? -1 : index + extent;
    return std::clamp(index, low, high);
  };
  if (step > 0) {
    const int64_t first = clamped(start, 0, extent);
    const int64_t last = std::max(clamped(end, 0, extent), first);
    return {first, step, (last - first + step - 1) / step};
  }
  const int64_t first = clamped(start, -1, extent - 1);
  const int64_t last = std::min(clamped(end, -1, extent - 1), first);
  return {first, step, (first - last - step - 1) / -step};
}

void read_slice(NodeReader& node) {
  const bool by_attributes = node.version() < 10;
  const auto starts =
      by_attributes ? node.required_integers("starts") : node.constant_integers(1, "its starts");
  const auto ends = by_attributes ? node.required_integers("ends") : node.constant_integers(2, "its ends");
  std::optional<std::vector<int64_t>> given_axes = by_attributes ? node.integers("axes") : std::nullopt;
  if (!by_attributes && node.has(3)) given_axes = node.constant_integers(3, "its axes");
  std::vector<int64_t> steps(starts.size(), 1);
  if (!by_attributes && node.has(4)) steps = node.constant_integers(4, "its steps");
  if (ends.size() != starts.size() || steps.size() != starts.size() ||
      (given_axes && given_axes->size() != starts.size()))
    node.invalid("its starts, ends, axes and steps are not equally many.");

  const std::vector<int64_t> dims = node.dims(0);
  const auto rank = static_cast<int>(dims.size());
  if (!given_axes) {
    given_axes.emplace(starts.size());
    std::iota(given_axes->begin(), given_axes->end(), 0);
  }
  const std::vector<int32_t> axes = node.axes(*given_axes, rank);
  StridedSlice slice;
  slice.begin.assign(dims.size(), 0);
  slice.stride.assign(dims.size(), 1);
  std::vector<int64_t> sizes = dims;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto at = static_cast<size_t>(axes[i]);
    if (steps[i] == 0) node.invalid("it has a step of 0.");
    const int64_t step = std::clamp<int64_t>(steps[i], -INT32_MAX, INT32_MAX);
    const AxisSlice part = axis_slice(starts[i], ends[i], step, dims[at]);
    slice.begin[at] = static_cast<int32_t>(part.begin);
    slice.stride[at] = static_cast<int32_t>(part.step);
    sizes[at] = part.count;
  }
  if (node.is_empty(0) || std::find(sizes.begin(), sizes.end(), 0) != sizes.end())
    return node.give(EmptyValue{node.dtype(0), std::move(sizes)});
  slice.size.assign(sizes.begin(), sizes.end());
  if (sizes == dims &&
      std::all_of(slice.stride.begin(), slice.stride.end(), [](int32_t s) { return s == 1; }))
    return node.give(node.operand(0));
  node.give(node.emit(OpKind::StridedSlice, std::move(slice), {node.operand(0)}));
}

void read_tile(NodeReader& node) {
  const std::vector<int64_t> repeats = node.constant_integers(1, "its repeats");
  Tile tile;
  for (const int64_t count : repeats) {
    if (count == 0) node.unsupported("of nothing");
    if (count < 0 || count > Shape::kMaxElements)
      node.invalid("it repeats " + std::to_string(count) + " times.");
    tile.multiples.push_back(static_cast<int32_t>(count));
  }
  if (tile.multiples.empty()) return node.give(node.operand(0));
  node.give(node.emit(OpKind::Tile, std::move(tile), {node.operand(0)}));
}

void read_expand(NodeReader& node) {
  const std::vector<int64_t> wanted = node.constant_integers(1, "its shape");
  if (std::find(wanted.begin(), wanted.end(), 0) != wanted.end()) {
    return node.give(EmptyValue{node.tensor(0).dtype, wanted});
  }
  const Shape shape = broadcast(node.shape(0), shape_from(wanted));
  if (shape == node.shape(0)) return node.give(node.operand(0));
  node.give(
      node.emit(OpKind::BroadcastTo, Reshape{{shape.dims().begin(), shape.dims().end()}}, {node.operand(0)}));
}

/// The element of the operand that an axis' padded element repeats.
int32_t source_of(int64_t position, int64_t extent, std::string_view mode) {
  if (mode == "edge") return static_cast<int32_t>(std::clamp<int64_t>(position, 0, extent - 1));
  if (mode == "wrap") return static_cast<int32_t>(((position % extent) + extent) % extent);
  // Reflected at both ends, again and again, without repeating the border.
  const int64_t period = std::max<int64_t>(2 * (extent - 1), 1);
  const int64_t within = ((position % period) + period) % period;
  return static_cast<int32_t>(std::min(within, period - within));
}

/// Paddings of all axes, before and after, from the operator's lists.
std::vector<std::array<int64_t, 2>> paddings_of(NodeReader& node) {
  const size_t rank = static_cast<size_t>(node.rank(0));
  const std::vector<int64_t> pads =
      node.version() < 11 ? node.required_integers("pads") : node.constant_integers(1, "its pads");
  std::vector<int32_t> axes = axes_from(0, static_cast<int>(rank));
  if (node.version() >= 18 && node.has(3))
    axes = node.axes(node.constant_integers(3, "its axes"), static_cast<int>(rank));
  if (pads.size() != 2 * axes.size()) node.invalid("its pads are not two an axis.");
  std::vector<std::array<int64_t, 2>> paddings(rank);
  for (size_t i = 0; i < axes.size(); ++i) {
    for (const int64_t pad : {pads[i], pads[i + axes.size()]}) {
      if (pad < -Shape::kMaxElements || pad > Shape::kMaxElements)
        node.invalid("it pads by " + std::to_string(pad) + ".");
    }
    paddings[static_cast<size_t>(axes[i])] = {pads[i], pads[i + axes.size()]};
  }
  return paddings;
}

/// Cuts off what negative paddings take away, and makes these 0.
TensorId cropped(NodeReader& node, TensorId id, std::vector<std::array<int64_t, 2>>& paddings) {
  for (size_t axis = 0; axis < paddings.size(); ++axis) {
    auto& [before, after] = paddings[axis];
    if (before >= 0 && after >= 0) continue;
    const int64_t begin = std::max<int64_t>(-before, 0);
    const int64_t end = node.shape_of(id)[static_cast<int>(axis)] - std::max<int64_t>(-after, 0);
    if (begin >= end) node.unsupported("that leaves nothing of dimension " + std::to_string(axis));
    id = sliced(node, id, static_cast<int32_t>(axis), begin, end);
    before = std::max<int64_t>(before, 0);
    after = std::max<int64_t>(after, 0);
  }
  return id;
}

/// The value that constant padding has.
float padding_value(NodeReader& node) {
  if (node.version() < 11) return node.real("value", 0);
  if (!node.has(2) || node.is_empty(2)) return 0;
  if (node.tensor(2).dtype != DType::Float32)
    return static_cast<float>(node.constant_integers(2, "its value").at(0));
  return node.constant_reals(2, "its value").at(0);
}

void read_pad(NodeReader& node) {
  std::vector<std::array<int64_t, 2>> paddings = paddings_of(node);
  std::string_view mode = node.text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    node.unsupported("with mode " + std::string(mode));
  TensorId id = cropped(node, node.operand(0), paddings);
  const bool is_nothing = std::all_of(paddings.begin(), paddings.end(),
                                      [](const auto& pair) { return pair[0] == 0 && pair[1] == 0; });
  if (is_nothing) return node.give(id);

  const Shape shape = node.shape_of(id);
  std::vector<std::array<int32_t, 2>> narrow;
  bool mirrors = mode == "reflect";
  for (size_t axis = 0; axis < paddings.size(); ++axis) {
    const auto [before, after] = paddings[axis];
    mirrors &= std::max(before, after) < shape[static_cast<int>(axis)];
    narrow.push_back({static_cast<int32_t>(before), static_cast<int32_t>(after)});
  }
  if (mode == "constant") {
    return node.give(node.emit(OpKind::Pad, Pad{std::move(narrow), padding_value(node)}, {id}));
  }
  if (mirrors) return node.give(node.emit(OpKind::MirrorPad, MirrorPad{std::move(narrow), true}, {id}));
  for (size_t axis = 0; axis < paddings.size(); ++axis) {
    const auto [before, after] = paddings[axis];
    if (before == 0 && after == 0) continue;
    const int64_t extent = shape[static_cast<int>(axis)];
    node.expect_memory((extent + before + after) * static_cast<int64_t>(sizeof(int32_t)));
    std::vector<int32_t> indices;
    for (int64_t i = -before; i < extent + after; ++i) indices.push_back(source_of(i, extent, mode));
    id = gathered(node, id, static_cast<int32_t>(axis), indices);
  }
  node.give(id);
}

int64_t block_of(const NodeReader& node) {
  const int64_t block = node.integer("blocksize", 0);
  if (block < 1 || block > (1 << 15)) node.invalid("its blocksize is " + std::to_string(block) + ".");
  return block;
}

/// Channels from [first, second] order of two factors to [second, first].
TensorId exchanged_channels(NodeReader& node, TensorId id, int64_t first, int64_t second) {
  std::vector<int32_t> indices;
  for (int64_t b = 0; b < second; ++b) {
    for (int64_t a = 0; a < first; ++a) indices.push_back(static_cast<int32_t>(a * second + b));
  }
  return gathered(node, id, 1, indices);
}

void read_depth_to_space(NodeReader& node) {
  const int64_t block = block_of(node);
  const Shape shape = node.shape(0);
  if (shape.rank() != 4 || shape[1] % (block * block) != 0)
    node.invalid("its operand's channels are no whole number of blocks.");
  TensorId id = node.operand(0);
  if (node.text("mode", "DCR") == "CRD") {
    const int64_t channels = shape[1] / (block * block);
    id = exchanged_channels(node, id, channels, block * block);
  }
  id = node.emit(OpKind::DepthToSpace, BlockSize{static_cast<int32_t>(block)}, {to_image(node, id)});
  node.give(from_image(node, id, 4));
}

void read_space_to_depth(NodeReader& node) {
  const int64_t block = block_of(node);
  const Shape shape = node.shape(0);
  if (shape.rank() != 4) node.invalid("its operand is no image.");
  TensorId id = to_image(node, node.operand(0));
  id = node.emit(OpKind::SpaceToDepth, BlockSize{static_cast<int32_t>(block)}, {id});
  id = from_image(node, id, 4);
  if (node.text("mode", "DCR") == "CRD") id = exchanged_channels(node, id, block * block, shape[1]);
  node.give(id);
}

void read_cum_sum(NodeReader& node) {
  const std::vector<int64_t> axis = node.constant_integers(1, "its axis");
  if (axis.size() != 1) node.invalid("its axis is not one number.");
  node.give(node.emit(OpKind::CumSum,
                      CumSum{.axis = node.axis(axis[0], node.rank(0)),
                             .exclusive = node.integer("exclusive", 0) != 0,
                             .reverse = node.integer("reverse", 0) != 0},
                      {node.operand(0)}));
}

/// The upper or lower triangle of matrices; the rest is 0.
void read_trilu(NodeReader& node) {
  const Shape shape = node.shape(0);
  if (shape.rank() < 2) node.invalid("its operand is no matrix.");
  int64_t diagonal = 0;
  if (node.has(1) && !node.is_empty(1)) {
    const std::vector<int64_t> given = node.constant_integers(1, "its diagonal");
    if (given.size() != 1) node.invalid("its diagonal is not one number.");
    diagonal = std::clamp<int64_t>(given[0], -Shape::kMaxElements, Shape::kMaxElements);
  }
  const bool is_upper = node.integer("upper", 1) != 0;
  const int32_t rows = shape[-2];
  const int32_t columns = shape[-1];
  node.expect_memory(int64_t{rows} * columns);
  Bytes kept(static_cast<size_t>(rows) * static_cast<size_t>(columns));
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const bool keeps = is_upper ? x - y >= diagonal : x - y <= diagonal;
      kept[static_cast<size_t>(y * columns + x)] = std::byte{keeps};
    }
  }
  const TensorId mask = node.add_constant(DType::Bool, {rows, columns}, make_constant(std::move(kept)));
  const TensorId zero = zero_of(node, node.tensor(0).dtype);
  node.give(select(node, mask, node.operand(0), zero));
}

constexpr OperatorRow kRows[] = {
    {"Concat", read_concat},       {"CumSum", read_cum_sum},  {"DepthToSpace", read_depth_to_space},
    {"Expand", read_expand},       {"Flatten", read_flatten}, {"Pad", read_pad},
    {"Reshape", read_reshape},     {"Slice", read_slice},     {"SpaceToDepth", read_space_to_depth},
    {"Split", read_split},         {"Squeeze", read_squeeze}, {"Tile", read_tile},
    {"Transpose", read_transpose}, {"Trilu", read_trilu},     {"Unsqueeze", read_unsqueeze},
};

}  // namespace

std::span<const OperatorRow> movement_rows() { return kRows; }

}  // namespace octet::formats::onnx
