#include "formats/octet/attributes.h"

#include <string>
#include <variant>

namespace octet::formats::octet_file {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Pairs = std::vector<std::array<int32_t, 2>>;
using StoredInts = flatbuffers::Vector<int32_t>;

schema::Spatial store(Spatial value) { return {value.height, value.width}; }
schema::Padding2d store(const Padding2d& value) { return {value.top, value.bottom, value.left, value.right}; }
schema::Activation store(Activation value) { return static_cast<schema::Activation>(value); }

std::vector<int32_t> flatten(const Pairs& pairs) {
  std::vector<int32_t> flat;
  for (const auto& pair : pairs) flat.insert(flat.end(), pair.begin(), pair.end());
  return flat;
}

Offset<schema::NoAttributes> write(FlatBufferBuilder& b, const NoAttributes&) {
  return schema::CreateNoAttributes(b);
}
Offset<schema::Conv2d> write(FlatBufferBuilder& b, const Conv2d& a) {
  const auto stride = store(a.stride);
  const auto dilation = store(a.dilation);
  const auto padding = store(a.padding);
  return schema::CreateConv2d(b, &stride, &dilation, &padding, store(a.activation));
}
Offset<schema::TransposeConv> write(FlatBufferBuilder& b, const TransposeConv& a) {
  const auto stride = store(a.stride);
  const auto padding = store(a.padding);
  const auto output = store(a.output);
  return schema::CreateTransposeConv(b, &stride, &padding, &output, store(a.activation));
}
Offset<schema::FullyConnected> write(FlatBufferBuilder& b, const FullyConnected& a) {
  return schema::CreateFullyConnected(b, a.keep_dims, store(a.activation));
}
Offset<schema::Pool2d> write(FlatBufferBuilder& b, const Pool2d& a) {
  const auto window = store(a.window);
  const auto stride = store(a.stride);
  const auto padding = store(a.padding);
  return schema::CreatePool2d(b, &window, &stride, &padding, store(a.activation));
}
Offset<schema::Elementwise> write(FlatBufferBuilder& b, const Elementwise& a) {
  return schema::CreateElementwise(b, store(a.activation));
}
Offset<schema::LeakyRelu> write(FlatBufferBuilder& b, const LeakyRelu& a) {
  return schema::CreateLeakyRelu(b, a.alpha);
}
Offset<schema::Softmax> write(FlatBufferBuilder& b, const Softmax& a) {
  return schema::CreateSoftmax(b, a.beta);
}
Offset<schema::Reduce> write(FlatBufferBuilder& b, const Reduce& a) {
  return schema::CreateReduceDirect(b, &a.axes, a.keep_dims);
}
Offset<schema::Reshape> write(FlatBufferBuilder& b, const Reshape& a) {
  return schema::CreateReshapeDirect(b, &a.shape);
}
Offset<schema::Transpose> write(FlatBufferBuilder& b, const Transpose& a) {
  return schema::CreateTransposeDirect(b, &a.permutation);
}
Offset<schema::Axis> write(FlatBufferBuilder& b, const Axis& a) { return schema::CreateAxis(b, a.axis); }
Offset<schema::Slice> write(FlatBufferBuilder& b, const Slice& a) {
  return schema::CreateSliceDirect(b, &a.begin, &a.size);
}
Offset<schema::StridedSlice> write(FlatBufferBuilder& b, const StridedSlice& a) {
  return schema::CreateStridedSliceDirect(b, &a.begin, &a.size, &a.stride, &a.shrunk_axes);
}
Offset<schema::Pad> write(FlatBufferBuilder& b, const Pad& a) {
  const auto paddings = flatten(a.paddings);
  return schema::CreatePadDirect(b, &paddings, a.value);
}
Offset<schema::MirrorPad> write(FlatBufferBuilder& b, const MirrorPad& a) {
  const auto paddings = flatten(a.paddings);
  return schema::CreateMirrorPadDirect(b, &paddings, a.reflect);
}
Offset<schema::Resize> write(FlatBufferBuilder& b, const Resize& a) {
  const auto output = store(a.output);
  return schema::CreateResize(b, &output, a.align_corners, a.half_pixel_centers);
}
Offset<schema::BlockSize> write(FlatBufferBuilder& b, const BlockSize& a) {
  return schema::CreateBlockSize(b, a.block);
}
Offset<schema::ArgMax> write(FlatBufferBuilder& b, const ArgMax& a) {
  return schema::CreateArgMax(b, a.axis, static_cast<schema::DType>(a.output));
}
Offset<schema::Gelu> write(FlatBufferBuilder& b, const Gelu& a) {
  return schema::CreateGelu(b, a.approximate);
}
Offset<schema::SplitV> write(FlatBufferBuilder& b, const SplitV& a) {
  return schema::CreateSplitVDirect(b, a.axis, &a.sizes);
}
Offset<schema::Tile> write(FlatBufferBuilder& b, const Tile& a) {
  return schema::CreateTileDirect(b, &a.multiples);
}
Offset<schema::BatchBlocks> write(FlatBufferBuilder& b, const BatchBlocks& a) {
  const auto margins = flatten(a.margins);
  return schema::CreateBatchBlocksDirect(b, &a.block, &margins);
}
Offset<schema::BatchMatmul> write(FlatBufferBuilder& b, const BatchMatmul& a) {
  return schema::CreateBatchMatmul(b, a.transpose_a, a.transpose_b);
}
Offset<schema::Gather> write(FlatBufferBuilder& b, const Gather& a) {
  return schema::CreateGather(b, a.axis, a.batch_dims);
}
Offset<schema::CumSum> write(FlatBufferBuilder& b, const CumSum& a) {
  return schema::CreateCumSum(b, a.axis, a.exclusive, a.reverse);
}
Offset<schema::Cast> write(FlatBufferBuilder& b, const Cast& a) {
  return schema::CreateCast(b, static_cast<schema::DType>(a.to));
}

template <class Table>
std::pair<schema::Attributes, Offset<void>> erase(Offset<Table> table) {
  // A copy: the generated constant has no definition that std::pair could refer to.
  constexpr schema::Attributes kType = schema::AttributesTraits<Table>::enum_value;
  return {kType, table.Union()};
}

/// Reads the fields of one node's attributes.
class Reader {
 public:
  explicit Reader(const schema::Node& node) : node_(node) {}

  [[noreturn]] void invalid(const std::string& problem) const {
    throw Error(ErrorCode::InvalidFile, "The attributes of node '" + node_.name()->str() + "' " + problem,
                {.node = node_.name()->str()});
  }
  Spatial get(const schema::Spatial* value) const {
    if (value == nullptr) invalid("lack a field.");
    return {value->height(), value->width()};
  }
  Padding2d get(const schema::Padding2d* value) const {
    if (value == nullptr) invalid("lack a field.");
    return {value->top(), value->bottom(), value->left(), value->right()};
  }
  Activation get(schema::Activation value) const {
    if (value > schema::Activation::MAX) invalid("have an unknown activation.");
    return static_cast<Activation>(value);
  }
  std::vector<int32_t> get(const StoredInts* values) const {
    if (values == nullptr) return {};
    return {values->begin(), values->end()};
  }
  Pairs pairs(const StoredInts* values) const {
    const std::vector<int32_t> flat = get(values);
    if (flat.size() % 2 != 0) invalid("have half a pair.");
    Pairs result;
    for (size_t i = 0; i < flat.size(); i += 2) result.push_back({flat[i], flat[i + 1]});
    return result;
  }
  template <class Table>
  const Table& table() const {
    const Table* table = node_.attributes_as<Table>();
    if (table == nullptr) invalid("are missing.");
    return *table;
  }

 private:
  const schema::Node& node_;
};

Attributes read(const Reader&, const schema::NoAttributes&) { return NoAttributes{}; }
Attributes read(const Reader& r, const schema::Conv2d& t) {
  return Conv2d{r.get(t.stride()), r.get(t.dilation()), r.get(t.padding()), r.get(t.activation())};
}
Attributes read(const Reader& r, const schema::TransposeConv& t) {
  return TransposeConv{r.get(t.stride()), r.get(t.padding()), r.get(t.output()), r.get(t.activation())};
}
Attributes read(const Reader& r, const schema::FullyConnected& t) {
  return FullyConnected{t.keep_dims(), r.get(t.activation())};
}
Attributes read(const Reader& r, const schema::Pool2d& t) {
  return Pool2d{r.get(t.window()), r.get(t.stride()), r.get(t.padding()), r.get(t.activation())};
}
Attributes read(const Reader& r, const schema::Elementwise& t) { return Elementwise{r.get(t.activation())}; }
Attributes read(const Reader&, const schema::LeakyRelu& t) { return LeakyRelu{t.alpha()}; }
Attributes read(const Reader&, const schema::Softmax& t) { return Softmax{t.beta()}; }
Attributes read(const Reader& r, const schema::Reduce& t) { return Reduce{r.get(t.axes()), t.keep_dims()}; }
Attributes read(const Reader& r, const schema::Reshape& t) { return Reshape{r.get(t.shape())}; }
Attributes read(const Reader& r, const schema::Transpose& t) { return Transpose{r.get(t.permutation())}; }
Attributes read(const Reader&, const schema::Axis& t) { return Axis{t.axis()}; }
Attributes read(const Reader& r, const schema::Slice& t) { return Slice{r.get(t.begin()), r.get(t.size())}; }
Attributes read(const Reader& r, const schema::StridedSlice& t) {
  return StridedSlice{r.get(t.begin()), r.get(t.size()), r.get(t.stride()), r.get(t.shrunk_axes())};
}
Attributes read(const Reader& r, const schema::Pad& t) { return Pad{r.pairs(t.paddings()), t.value()}; }
Attributes read(const Reader& r, const schema::MirrorPad& t) {
  return MirrorPad{r.pairs(t.paddings()), t.reflect()};
}
Attributes read(const Reader& r, const schema::Resize& t) {
  return Resize{r.get(t.output()), t.align_corners(), t.half_pixel_centers()};
}
Attributes read(const Reader&, const schema::Gelu& t) { return Gelu{t.approximate()}; }
Attributes read(const Reader&, const schema::BlockSize& t) { return BlockSize{t.block()}; }
Attributes read(const Reader& r, const schema::ArgMax& t) {
  if (t.output() > schema::DType::MAX) r.invalid("have an unknown element type.");
  return ArgMax{t.axis(), static_cast<DType>(t.output())};
}
Attributes read(const Reader& r, const schema::SplitV& t) { return SplitV{t.axis(), r.get(t.sizes())}; }
Attributes read(const Reader& r, const schema::Tile& t) { return Tile{r.get(t.multiples())}; }
Attributes read(const Reader& r, const schema::BatchBlocks& t) {
  return BatchBlocks{r.get(t.block()), r.pairs(t.margins())};
}
Attributes read(const Reader&, const schema::BatchMatmul& t) {
  return BatchMatmul{t.transpose_a(), t.transpose_b()};
}
Attributes read(const Reader&, const schema::Gather& t) { return Gather{t.axis(), t.batch_dims()}; }
Attributes read(const Reader&, const schema::CumSum& t) {
  return CumSum{t.axis(), t.exclusive(), t.reverse()};
}
Attributes read(const Reader& r, const schema::Cast& t) {
  if (t.to() > schema::DType::MAX) r.invalid("have an unknown element type.");
  return Cast{static_cast<DType>(t.to())};
}

template <class Table>
Attributes read_table(const Reader& reader) {
  return read(reader, reader.table<Table>());
}

}  // namespace

std::pair<schema::Attributes, Offset<void>> write_attributes(FlatBufferBuilder& builder,
                                                             const Attributes& attributes) {
  return std::visit([&](const auto& typed) { return erase(write(builder, typed)); }, attributes);
}

Attributes read_attributes(const schema::Node& node) {
  const Reader reader(node);
  switch (node.attributes_type()) {
    case schema::Attributes::NoAttributes:
      return read_table<schema::NoAttributes>(reader);
    case schema::Attributes::Conv2d:
      return read_table<schema::Conv2d>(reader);
    case schema::Attributes::TransposeConv:
      return read_table<schema::TransposeConv>(reader);
    case schema::Attributes::FullyConnected:
      return read_table<schema::FullyConnected>(reader);
    case schema::Attributes::Pool2d:
      return read_table<schema::Pool2d>(reader);
    case schema::Attributes::Elementwise:
      return read_table<schema::Elementwise>(reader);
    case schema::Attributes::LeakyRelu:
      return read_table<schema::LeakyRelu>(reader);
    case schema::Attributes::Softmax:
      return read_table<schema::Softmax>(reader);
    case schema::Attributes::Reduce:
      return read_table<schema::Reduce>(reader);
    case schema::Attributes::Reshape:
      return read_table<schema::Reshape>(reader);
    case schema::Attributes::Transpose:
      return read_table<schema::Transpose>(reader);
    case schema::Attributes::Axis:
      return read_table<schema::Axis>(reader);
    case schema::Attributes::Slice:
      return read_table<schema::Slice>(reader);
    case schema::Attributes::StridedSlice:
      return read_table<schema::StridedSlice>(reader);
    case schema::Attributes::Pad:
      return read_table<schema::Pad>(reader);
    case schema::Attributes::MirrorPad:
      return read_table<schema::MirrorPad>(reader);
    case schema::Attributes::Resize:
      return read_table<schema::Resize>(reader);
    case schema::Attributes::BlockSize:
      return read_table<schema::BlockSize>(reader);
    case schema::Attributes::ArgMax:
      return read_table<schema::ArgMax>(reader);
    case schema::Attributes::Gelu:
      return read_table<schema::Gelu>(reader);
    case schema::Attributes::SplitV:
      return read_table<schema::SplitV>(reader);
    case schema::Attributes::Tile:
      return read_table<schema::Tile>(reader);
    case schema::Attributes::BatchBlocks:
      return read_table<schema::BatchBlocks>(reader);
    case schema::Attributes::BatchMatmul:
      return read_table<schema::BatchMatmul>(reader);
    case schema::Attributes::Gather:
      return read_table<schema::Gather>(reader);
    case schema::Attributes::CumSum:
      return read_table<schema::CumSum>(reader);
    case schema::Attributes::Cast:
      return read_table<schema::Cast>(reader);
    case schema::Attributes::NONE:
      break;
  }
  reader.invalid("are missing or of a newer kind.");
}

}  // namespace octet::formats::octet_file
