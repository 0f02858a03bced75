// Operators that move, select or reduce elements. Their shapes, axes and paddings are constant tensors in
// TFLite.
#include <algorithm>

#include "formats/tflite/row_helpers.h"
#include "formats/tflite/strided_slice.h"

namespace octet::formats::tflite {
namespace {

constexpr int kFirstOperand[] = {0};
constexpr int kSecondOperand[] = {1};

std::vector<std::array<int32_t, 2>> read_paddings(const OperatorReader& reader) {
  const std::vector<int32_t> flat = reader.integers(1, 2 * static_cast<size_t>(reader.value(0).shape.rank()));
  std::vector<std::array<int32_t, 2>> paddings;
  for (size_t i = 0; i < flat.size(); i += 2) paddings.push_back({flat[i], flat[i + 1]});
  return paddings;
}

Attributes read_pad(const OperatorReader& reader) { return Pad{read_paddings(reader), 0.0f}; }

void write_pad(OperatorWriter& writer) {
  writer.pairs_operand(1, writer.attributes<Pad>().paddings);
  write_empty<schema::PadOptions>(writer);
}

bool pads_with_zero(const NodeView& node) { return node.attributes<Pad>().value == 0.0f; }

Attributes read_pad_v2(const OperatorReader& reader) { return Pad{read_paddings(reader), reader.real(2)}; }

void write_pad_v2(OperatorWriter& writer) {
  writer.pairs_operand(1, writer.attributes<Pad>().paddings);
  writer.real_operand(2, writer.attributes<Pad>().value);
  write_empty<schema::PadV2Options>(writer);
}

int pad_version(const NodeView& node) {
  return node.input(0).shape.rank() > 4 ? 4 : version_by_type<3>(node);
}

Attributes read_mirror_pad(const OperatorReader& reader) {
  const auto& options = reader.options<schema::MirrorPadOptions>();
  if (options.mode() != schema::MirrorPadMode::REFLECT &&
      options.mode() != schema::MirrorPadMode::SYMMETRIC) {
    reader.invalid("its mode is neither REFLECT nor SYMMETRIC.");
  }
  return MirrorPad{read_paddings(reader), options.mode() == schema::MirrorPadMode::REFLECT};
}

void write_mirror_pad(OperatorWriter& writer) {
  const MirrorPad& pad = writer.attributes<MirrorPad>();
  writer.pairs_operand(1, pad.paddings);
  writer.set_options(schema::CreateMirrorPadOptions(
      writer.builder(), pad.reflect ? schema::MirrorPadMode::REFLECT : schema::MirrorPadMode::SYMMETRIC));
}

/// At most one -1 in `shape` stands for whatever makes the elements fit.
std::vector<int32_t> resolve_shape(const OperatorReader& reader, std::vector<int32_t> shape) {
  const int64_t elements = reader.value(0).shape.elements();
  if (shape == std::vector<int32_t>{0} && elements == 1) return {};  // How old files write a scalar.
  int64_t known = 1;
  int32_t* unknown = nullptr;
  for (int32_t& dim : shape) {
    if (dim == -1) {
      if (unknown != nullptr) reader.invalid("its shape leaves two dimensions open.");
      unknown = &dim;
      continue;
    }
    if (dim < 1) reader.invalid("its shape has a dimension of " + std::to_string(dim) + ".");
    known *= dim;
    if (known > elements) reader.invalid("its shape has more elements than its input.");
  }
  if (unknown != nullptr) *unknown = static_cast<int32_t>(elements / known);
  return shape;
}

Attributes read_reshape(const OperatorReader& reader) {
  if (reader.has_operand(1)) return Reshape{resolve_shape(reader, reader.integers(1))};
  const auto& options = reader.options<schema::ReshapeOptions>();
  if (options.new_shape() == nullptr) reader.invalid("it has no shape.");
  return Reshape{resolve_shape(reader, {options.new_shape()->begin(), options.new_shape()->end()})};
}

void write_reshape(OperatorWriter& writer) {
  const std::vector<int32_t>& shape = writer.attributes<Reshape>().shape;
  // An empty operand would not count as constant; the option alone says "scalar".
  if (!shape.empty()) writer.vector_operand(1, shape);
  writer.set_options(schema::CreateReshapeOptionsDirect(writer.builder(), &shape));
}

Attributes read_squeeze(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  const auto* options = reader.optional_options<schema::SqueezeOptions>();
  std::array<bool, Shape::kMaxRank> dropped = {};
  if (options != nullptr && options->squeeze_dims() != nullptr && options->squeeze_dims()->size() > 0) {
    for (const int32_t dim : *options->squeeze_dims()) {
      const int32_t axis = reader.axis(dim, input.rank());
      if (input[axis] != 1)
        reader.invalid("it drops a dimension of " + std::to_string(input[axis]) + " elements.");
      dropped[static_cast<size_t>(axis)] = true;
    }
  } else {
    for (int axis = 0; axis < input.rank(); ++axis) dropped[static_cast<size_t>(axis)] = input[axis] == 1;
  }
  Reshape reshape;
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (!dropped[static_cast<size_t>(axis)]) reshape.shape.push_back(input[axis]);
  }
  return reshape;
}

void write_squeeze(OperatorWriter& writer) {
  const Shape& input = writer.node().input(0).shape;
  const std::vector<int32_t>& kept = writer.attributes<Reshape>().shape;
  // Which of several dimensions of 1 are dropped makes no difference: the first that need not be kept.
  std::vector<int32_t> squeezed;
  size_t next = 0;
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (next < kept.size() && input[axis] == kept[next]) {
      ++next;
    } else {
      squeezed.push_back(axis);
    }
  }
  writer.set_options(schema::CreateSqueezeOptionsDirect(writer.builder(), &squeezed));
}

Attributes read_transpose(const OperatorReader& reader) {
  const int rank = reader.value(0).shape.rank();
  Transpose transpose{reader.integers(1, static_cast<size_t>(rank))};
  for (int32_t& axis : transpose.permutation) axis = reader.axis(axis, rank);
  return transpose;
}

void write_transpose(OperatorWriter& writer) {
  writer.vector_operand(1, writer.attributes<Transpose>().permutation);
  write_empty<schema::TransposeOptions>(writer);
}

int transpose_version(const NodeView& node) {
  const int rank = node.input(0).shape.rank();
  if (rank > 5) return 6;
  if (node.input(0).dtype == DType::Int16) return 5;
  return rank > 4 ? 4 : version_2_if_int8(node);
}

Attributes read_concatenation(const OperatorReader& reader) {
  const auto& options = reader.options<schema::ConcatenationOptions>();
  reader.no_activation(options.fused_activation_function());
  return Axis{reader.axis(options.axis(), reader.value(0).shape.rank())};
}

void write_concatenation(OperatorWriter& writer) {
  writer.set_options(schema::CreateConcatenationOptions(writer.builder(), writer.attributes<Axis>().axis));
}

Attributes read_pack(const OperatorReader& reader) {
  const auto& options = reader.options<schema::PackOptions>();
  return Axis{reader.axis(options.axis(), reader.value(0).shape.rank() + 1)};
}

void write_pack(OperatorWriter& writer) {
  const int32_t count = static_cast<int32_t>(writer.node().input_count());
  writer.set_options(schema::CreatePackOptions(writer.builder(), count, writer.attributes<Axis>().axis));
}

Attributes read_split(const OperatorReader& reader) {
  const auto& options = reader.options<schema::SplitOptions>();
  if (options.num_splits() < 1 || static_cast<size_t>(options.num_splits()) != reader.output_count()) {
    reader.invalid("it has another number of outputs than of parts.");
  }
  return Axis{reader.axis(reader.integers(0, 1)[0], reader.value(0).shape.rank())};
}

void write_split(OperatorWriter& writer) {
  writer.scalar_operand(0, writer.attributes<Axis>().axis);
  writer.set_options(
      schema::CreateSplitOptions(writer.builder(), static_cast<int32_t>(writer.node().output_count())));
}

Attributes read_split_v(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  const auto& options = reader.options<schema::SplitVOptions>();
  if (options.num_splits() < 1 || static_cast<size_t>(options.num_splits()) != reader.output_count()) {
    reader.invalid("it has another number of outputs than of parts.");
  }
  SplitV split{reader.axis(reader.integers(2, 1)[0], input.rank()),
               reader.integers(1, reader.output_count())};
  int64_t rest = input[split.axis];
  int32_t* unknown = nullptr;
  for (int32_t& size : split.sizes) {
    if (size == -1 && unknown == nullptr) {
      unknown = &size;
    } else {
      rest -= size;
    }
  }
  if (unknown != nullptr && rest >= 1 && rest <= input[split.axis]) *unknown = static_cast<int32_t>(rest);
  return split;
}

void write_split_v(OperatorWriter& writer) {
  const SplitV& split = writer.attributes<SplitV>();
  writer.vector_operand(1, split.sizes);
  writer.scalar_operand(2, split.axis);
  writer.set_options(
      schema::CreateSplitVOptions(writer.builder(), static_cast<int32_t>(writer.node().output_count())));
}

Attributes read_unpack(const OperatorReader& reader) {
  const auto& options = reader.options<schema::UnpackOptions>();
  return Axis{reader.axis(options.axis(), reader.value(0).shape.rank())};
}

void write_unpack(OperatorWriter& writer) {
  const int32_t count = static_cast<int32_t>(writer.node().output_count());
  writer.set_options(schema::CreateUnpackOptions(writer.builder(), count, writer.attributes<Axis>().axis));
}

/// A RESHAPE that inserts a dimension of 1.
Attributes read_expand_dims(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  Reshape reshape{{input.dims().begin(), input.dims().end()}};
  const int32_t axis = reader.axis(reader.integers(1, 1)[0], input.rank() + 1);
  reshape.shape.insert(reshape.shape.begin() + axis, 1);
  return reshape;
}

/// A STRIDED_SLICE of everything, backwards along some axes.
Attributes read_reverse(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  const size_t rank = static_cast<size_t>(input.rank());
  StridedSlice slice{std::vector<int32_t>(rank, 0),
                     {input.dims().begin(), input.dims().end()},
                     std::vector<int32_t>(rank, 1),
                     {}};
  for (const int32_t dim : reader.integers(1)) {
    const int32_t axis = reader.axis(dim, input.rank());
    slice.begin[static_cast<size_t>(axis)] = input[axis] - 1;
    slice.stride[static_cast<size_t>(axis)] = -1;
  }
  return slice;
}

Attributes read_tile(const OperatorReader& reader) {
  return Tile{reader.integers(1, static_cast<size_t>(reader.value(0).shape.rank()))};
}

void write_tile(OperatorWriter& writer) {
  writer.vector_operand(1, writer.attributes<Tile>().multiples);
  write_empty<schema::TileOptions>(writer);
}

Attributes read_broadcast_to(const OperatorReader& reader) { return Reshape{reader.integers(1)}; }

Attributes read_fill(const OperatorReader& reader) { return Reshape{reader.integers(0)}; }

void write_broadcast_to(OperatorWriter& writer) {
  writer.vector_operand(1, writer.attributes<Reshape>().shape);
  write_empty<schema::BroadcastToOptions>(writer);
}

Attributes read_batch_blocks(const OperatorReader& reader) {
  BatchBlocks blocks{reader.integers(1), {}};
  const std::vector<int32_t> flat = reader.integers(2, 2 * blocks.block.size());
  for (size_t i = 0; i < flat.size(); i += 2) blocks.margins.push_back({flat[i], flat[i + 1]});
  return blocks;
}

template <class Options>
void write_batch_blocks(OperatorWriter& writer) {
  const BatchBlocks& blocks = writer.attributes<BatchBlocks>();
  writer.vector_operand(1, blocks.block);
  writer.pairs_operand(2, blocks.margins);
  write_empty<Options>(writer);
}

int batch_blocks_version(const NodeView& node) {
  const int version = version_by_type<4>(node);
  return node.input(0).shape.rank() == 3 ? std::max(version, 3) : version;
}

Attributes read_slice(const OperatorReader& reader) {
  const Shape& input = reader.value(0).shape;
  const size_t rank = static_cast<size_t>(input.rank());
  Slice slice{reader.integers(1, rank), reader.integers(2, rank)};
  for (size_t d = 0; d < rank; ++d) {
    const int32_t extent = input[static_cast<int>(d)];
    if (slice.begin[d] < 0 || slice.begin[d] >= extent) reader.invalid("it begins outside its input.");
    if (slice.size[d] == -1) slice.size[d] = extent - slice.begin[d];
    if (slice.size[d] < 1 || slice.size[d] > extent - slice.begin[d])
      reader.invalid("it ends outside its input.");
  }
  return slice;
}

void write_slice(OperatorWriter& writer) {
  writer.vector_operand(1, writer.attributes<Slice>().begin);
  writer.vector_operand(2, writer.attributes<Slice>().size);
  write_empty<schema::SliceOptions>(writer);
}

int slice_version(const NodeView& node) {
  if (node.input(0).shape.rank() > 4) return 5;
  return version_by_type<4>(node);
}

int broadcast_to_version(const NodeView& node) { return node.input(0).dtype == DType::Float32 ? 2 : 3; }

int strided_slice_version(const NodeView& node) {
  return node.input(0).shape.rank() > 4 ? 4 : version_2_if_int8(node);
}

Attributes read_reduce(const OperatorReader& reader) {
  const auto& options = reader.options<schema::ReducerOptions>();
  Reduce reduce{reader.integers(1), options.keep_dims()};
  for (int32_t& axis : reduce.axes) axis = reader.axis(axis, reader.value(0).shape.rank());
  std::sort(reduce.axes.begin(), reduce.axes.end());
  reduce.axes.erase(std::unique(reduce.axes.begin(), reduce.axes.end()), reduce.axes.end());
  return reduce;
}

void write_reduce(OperatorWriter& writer) {
  const Reduce& reduce = writer.attributes<Reduce>();
  writer.vector_operand(1, reduce.axes);
  writer.set_options(schema::CreateReducerOptions(writer.builder(), reduce.keep_dims));
}

template <class Options>
Attributes read_resize(const OperatorReader& reader) {
  const std::vector<int32_t> size = reader.integers(1, 2);
  Resize resize;
  resize.output = reader.positive(size[0], size[1], "output size");
  if (const Options* options = reader.optional_options<Options>()) {
    resize.align_corners = options->align_corners();
    resize.half_pixel_centers = options->half_pixel_centers();
  }
  return resize;
}

template <class Options>
void write_resize(OperatorWriter& writer) {
  const Resize& resize = writer.attributes<Resize>();
  writer.vector_operand(1, {resize.output.height, resize.output.width});
  typename Options::Builder options(writer.builder());
  options.add_align_corners(resize.align_corners);
  options.add_half_pixel_centers(resize.half_pixel_centers);
  writer.set_options(options.Finish());
}

int resize_bilinear_version(const NodeView& node) {
  if (node.input(0).dtype == DType::Int16) return 4;
  return node.attributes<Resize>().half_pixel_centers ? 3 : version_2_if_int8(node);
}

int resize_nearest_neighbor_version(const NodeView& node) {
  if (node.input(0).dtype == DType::Int16) return 4;
  const Resize& resize = node.attributes<Resize>();
  return resize.half_pixel_centers || resize.align_corners ? 3 : version_2_if_int8(node);
}

template <class Options>
Attributes read_block_size(const OperatorReader& reader) {
  return BlockSize{reader.options<Options>().block_size()};
}

template <class Options>
void write_block_size(OperatorWriter& writer) {
  typename Options::Builder options(writer.builder());
  options.add_block_size(writer.attributes<BlockSize>().block);
  writer.set_options(options.Finish());
}

Attributes read_arg_max(const OperatorReader& reader) {
  const std::vector<int32_t> axis = reader.integers(1, 1);
  // TFLite takes the output tensor's type; the option repeats it.
  const DType output = reader.output_type();
  if (output != DType::Int32 && output != DType::Int64) reader.invalid("its output is no index.");
  return ArgMax{reader.axis(axis[0], reader.value(0).shape.rank()), output};
}

void write_arg_max(OperatorWriter& writer) {
  const ArgMax& arg_max = writer.attributes<ArgMax>();
  writer.scalar_operand(1, arg_max.axis);
  writer.set_options(schema::CreateArgMaxOptions(writer.builder(), schema_type_of(arg_max.output)));
}

using Code = schema::BuiltinOperator;

constexpr OperatorRow kRows[] = {
    {OpKind::Reshape, Code::RESHAPE, 1, kFirstOperand, read_reshape, write_reshape, version_1},
    // Read only: behind the row that writes their kind.
    {OpKind::Reshape, Code::EXPAND_DIMS, 1, kFirstOperand, read_expand_dims, write_reshape, version_1},
    {OpKind::Squeeze, Code::SQUEEZE, 2, kFirstOperand, read_squeeze, write_squeeze, version_1},
    {OpKind::Transpose, Code::TRANSPOSE, 6, kFirstOperand, read_transpose, write_transpose,
     transpose_version},
    {OpKind::Concatenation,
     Code::CONCATENATION,
     4,
     {},
     read_concatenation,
     write_concatenation,
     version_by_type<3>},
    {OpKind::Pack, Code::PACK, 4, {}, read_pack, write_pack, version_by_type<3>},
    {OpKind::Split, Code::SPLIT, 4, kSecondOperand, read_split, write_split, version_by_type<4>},
    {OpKind::SplitV, Code::SPLIT_V, 2, kFirstOperand, read_split_v, write_split_v, version_2_if_int8},
    {OpKind::Unpack, Code::UNPACK, 4, {}, read_unpack, write_unpack, version_by_type<4>},
    // LiteRT's reference kernels list no version 3 of TILE, which int8 would ask for; version 1 takes it too.
    {OpKind::Tile, Code::TILE, 3, kFirstOperand, read_tile, write_tile, version_1},
    {OpKind::BroadcastTo, Code::BROADCAST_TO, 3, kFirstOperand, read_broadcast_to, write_broadcast_to,
     broadcast_to_version},
    // Read only, as EXPAND_DIMS: the value repeated.
    {OpKind::BroadcastTo, Code::FILL, 4, kSecondOperand, read_fill, write_broadcast_to, broadcast_to_version},
    {OpKind::SpaceToBatchNd, Code::SPACE_TO_BATCH_ND, 4, kFirstOperand, read_batch_blocks,
     write_batch_blocks<schema::SpaceToBatchNDOptions>, batch_blocks_version},
    {OpKind::BatchToSpaceNd, Code::BATCH_TO_SPACE_ND, 4, kFirstOperand, read_batch_blocks,
     write_batch_blocks<schema::BatchToSpaceNDOptions>, batch_blocks_version},
    {OpKind::Slice, Code::SLICE, 6, kFirstOperand, read_slice, write_slice, slice_version},
    {OpKind::StridedSlice, Code::STRIDED_SLICE, 8, kFirstOperand, read_strided_slice, write_strided_slice,
     strided_slice_version},
    {OpKind::StridedSlice, Code::REVERSE_V2, 3, kFirstOperand, read_reverse, write_strided_slice,
     strided_slice_version},  // Read only, as EXPAND_DIMS.
    {OpKind::Pad, Code::PAD, 4, kFirstOperand, read_pad, write_pad, pad_version, {}, pads_with_zero},
    {OpKind::Pad, Code::PADV2, 4, kFirstOperand, read_pad_v2, write_pad_v2, pad_version},
    {OpKind::MirrorPad, Code::MIRROR_PAD, 3, kFirstOperand, read_mirror_pad, write_mirror_pad,
     version_by_type<3>},
    {OpKind::Mean, Code::MEAN, 3, kFirstOperand, read_reduce, write_reduce, version_by_type<3>},
    {OpKind::Sum, Code::SUM, 2, kFirstOperand, read_reduce, write_reduce, version_2_if_int8},
    {OpKind::ReduceProd, Code::REDUCE_PROD, 2, kFirstOperand, read_reduce, write_reduce, version_1},
    {OpKind::ReduceMax, Code::REDUCE_MAX, 3, kFirstOperand, read_reduce, write_reduce, version_by_type<3>},
    {OpKind::ReduceMin, Code::REDUCE_MIN, 3, kFirstOperand, read_reduce, write_reduce, version_by_type<3>},
    {OpKind::ResizeBilinear, Code::RESIZE_BILINEAR, 4, kFirstOperand,
     read_resize<schema::ResizeBilinearOptions>, write_resize<schema::ResizeBilinearOptions>,
     resize_bilinear_version},
    {OpKind::ResizeNearestNeighbor, Code::RESIZE_NEAREST_NEIGHBOR, 4, kFirstOperand,
     read_resize<schema::ResizeNearestNeighborOptions>, write_resize<schema::ResizeNearestNeighborOptions>,
     resize_nearest_neighbor_version},
    {OpKind::DepthToSpace,
     Code::DEPTH_TO_SPACE,
     2,
     {},
     read_block_size<schema::DepthToSpaceOptions>,
     write_block_size<schema::DepthToSpaceOptions>,
     version_1},  // TFLite's kernels are registered as version 1 alone, whatever the type.
    {OpKind::SpaceToDepth,
     Code::SPACE_TO_DEPTH,
     2,
     {},
     read_block_size<schema::SpaceToDepthOptions>,
     write_block_size<schema::SpaceToDepthOptions>,
     version_2_if_int8},
    {OpKind::ArgMax, Code::ARG_MAX, 3, kFirstOperand, read_arg_max, write_arg_max, version_2_if_int8},
};

}  // namespace

std::span<const OperatorRow> movement_rows() { return kRows; }

}  // namespace octet::formats::tflite
