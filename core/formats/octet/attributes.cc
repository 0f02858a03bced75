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
Offset<schema::HardSigmoid> write(FlatBufferBuilder& b, const HardSigmoid& a) {
  return schema::CreateHardSigmoid(b, a.alpha, a.beta);
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
Offset<schema::ImageResize> write(FlatBufferBuilder& b, const ImageResize& a) {
  const auto output = store(a.output);
  return schema::CreateImageResize(b, &output, static_cast<schema::ResizeMethod>(a.method), a.keep_aspect,
                                   static_cast<schema::Deposit>(a.deposit));
}
Offset<schema::ColorConversion> write(FlatBufferBuilder& b, const ColorConversion& a) {
  return schema::CreateColorConversion(b, static_cast<schema::ColorChange>(a.conversion),
                                       static_cast<schema::ColorStandard>(a.standard));
}
Offset<schema::ChromaUpsample> write(FlatBufferBuilder& b, const ChromaUpsample& a) {
  const auto frame = store(a.frame);
  return schema::CreateChromaUpsample(b, &frame, static_cast<schema::ChromaSampling>(a.sampling));
}
Offset<schema::Normalize> write(FlatBufferBuilder& b, const Normalize& a) {
  return schema::CreateNormalizeDirect(b, &a.divisor, &a.mean, &a.std);
}
Offset<schema::StaticType> write(FlatBufferBuilder& b, const StaticType& a) {
  return schema::CreateStaticTypeDirect(b, static_cast<schema::DType>(a.dtype), &a.shape);
}
Offset<schema::Tessellate> write(FlatBufferBuilder& b, const Tessellate& a) {
  const std::vector<int32_t> slice(a.slice.begin(), a.slice.end());
  return schema::CreateTessellateDirect(b, &slice, a.align_c16, a.cblock);
}
Offset<schema::Detessellate> write(FlatBufferBuilder& b, const Detessellate& a) {
  const auto tiles = write(b, a.tiles);
  return schema::CreateDetessellate(b, tiles, write(b, a.frame));
}
Offset<schema::UnpackBytes> write(FlatBufferBuilder& b, const UnpackBytes& a) {
  std::vector<Offset<schema::StaticType>> tensors;
  for (const StaticType& tensor : a.tensors) tensors.push_back(write(b, tensor));
  return schema::CreateUnpackBytesDirect(b, &tensors);
}
Offset<schema::NmsMaxPool> write(FlatBufferBuilder& b, const NmsMaxPool& a) {
  return schema::CreateNmsMaxPool(b, a.kernel);
}
Offset<schema::DetectionPostProcess> write(FlatBufferBuilder& b, const DetectionPostProcess& a) {
  return schema::CreateDetectionPostProcess(
      b, static_cast<schema::BoxCoding>(a.coding), a.classes, a.max_detections, a.classes_per_detection,
      a.detections_per_class, a.keypoints, a.score_threshold, a.overlap_threshold, a.y_scale, a.x_scale,
      a.h_scale, a.w_scale, a.per_class, a.logits, a.weighted);
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
  Activation get(schema::Activation value) const { return choice<Activation>(value, "activation"); }
  DType get(schema::DType value) const { return choice<DType>(value, "element type"); }
  template <class Choice, class Stored>
  Choice choice(Stored value, const char* what) const {
    if (value > Stored::MAX) invalid(std::string("have an unknown ") + what + ".");
    return static_cast<Choice>(value);
  }
  template <class Stored>
  const Stored& present(const Stored* value) const {
    if (value == nullptr) invalid("lack a field.");
    return *value;
  }
  std::vector<float> get(const flatbuffers::Vector<float>* values) const {
    if (values == nullptr) return {};
    return {values->begin(), values->end()};
  }
  StaticType get(const schema::StaticType* value) const {
    return {get(present(value).dtype()), get(value->shape())};
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
Attributes read(const Reader&, const schema::HardSigmoid& t) { return HardSigmoid{t.alpha(), t.beta()}; }
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
Attributes read(const Reader& r, const schema::ArgMax& t) { return ArgMax{t.axis(), r.get(t.output())}; }
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
Attributes read(const Reader& r, const schema::Cast& t) { return Cast{r.get(t.to())}; }
Attributes read(const Reader& r, const schema::ImageResize& t) {
  return ImageResize{r.get(t.output()), r.choice<ResizeMethod>(t.method(), "resize method"), t.keep_aspect(),
                     r.choice<Deposit>(t.deposit(), "deposit")};
}
Attributes read(const Reader& r, const schema::ColorConversion& t) {
  return ColorConversion{r.choice<ColorChange>(t.conversion(), "conversion"),
                         r.choice<ColorStandard>(t.standard(), "standard")};
}
Attributes read(const Reader& r, const schema::ChromaUpsample& t) {
  return ChromaUpsample{r.get(t.frame()), r.choice<ChromaSampling>(t.sampling(), "sampling")};
}
Attributes read(const Reader& r, const schema::Normalize& t) {
  return Normalize{r.get(t.divisor()), r.get(t.mean()), r.get(t.std())};
}
Tessellate tiles_of(const Reader& r, const schema::Tessellate& t) {
  const std::vector<int32_t> slice = r.get(t.slice());
  if (slice.size() != 3) r.invalid("have a slice that has not three extents.");
  return {{slice[0], slice[1], slice[2]}, t.align_c16(), t.cblock()};
}
Attributes read(const Reader& r, const schema::Tessellate& t) { return tiles_of(r, t); }
Attributes read(const Reader& r, const schema::Detessellate& t) {
  return Detessellate{tiles_of(r, r.present(t.tiles())), r.get(t.frame())};
}
Attributes read(const Reader& r, const schema::UnpackBytes& t) {
  UnpackBytes unpack;
  if (t.tensors() == nullptr) return unpack;
  for (const schema::StaticType* tensor : *t.tensors()) unpack.tensors.push_back(r.get(tensor));
  return unpack;
}
Attributes read(const Reader&, const schema::NmsMaxPool& t) { return NmsMaxPool{t.kernel()}; }
Attributes read(const Reader& r, const schema::DetectionPostProcess& t) {
  return DetectionPostProcess{.coding = r.choice<BoxCoding>(t.coding(), "box coding"),
                              .classes = t.classes(),
                              .max_detections = t.max_detections(),
                              .classes_per_detection = t.classes_per_detection(),
                              .detections_per_class = t.detections_per_class(),
                              .keypoints = t.keypoints(),
                              .score_threshold = t.score_threshold(),
                              .overlap_threshold = t.overlap_threshold(),
                              .y_scale = t.y_scale(),
                              .x_scale = t.x_scale(),
                              .h_scale = t.h_scale(),
                              .w_scale = t.w_scale(),
                              .per_class = t.per_class(),
                              .logits = t.logits(),
                              .weighted = t.weighted()};
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
    case schema::Attributes::HardSigmoid:
      return read_table<schema::HardSigmoid>(reader);
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
    case schema::Attributes::ImageResize:
      return read_table<schema::ImageResize>(reader);
    case schema::Attributes::ColorConversion:
      return read_table<schema::ColorConversion>(reader);
    case schema::Attributes::ChromaUpsample:
      return read_table<schema::ChromaUpsample>(reader);
    case schema::Attributes::Normalize:
      return read_table<schema::Normalize>(reader);
    case schema::Attributes::Tessellate:
      return read_table<schema::Tessellate>(reader);
    case schema::Attributes::Detessellate:
      return read_table<schema::Detessellate>(reader);
    case schema::Attributes::UnpackBytes:
      return read_table<schema::UnpackBytes>(reader);
    case schema::Attributes::NmsMaxPool:
      return read_table<schema::NmsMaxPool>(reader);
    case schema::Attributes::DetectionPostProcess:
      return read_table<schema::DetectionPostProcess>(reader);
    case schema::Attributes::NONE:
      break;
  }
  reader.invalid("are missing or of a newer kind.");
}

}  // namespace octet::formats::octet_file
