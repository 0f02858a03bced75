#include "analyze/graph_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "ir/short_name.h"
#include "ops/operator.h"
#include "ops/parts.h"
#include "partition/target.h"

namespace octet::analyze {
namespace {

using Json = nlohmann::ordered_json;

/// Names come from files: bytes that are no UTF-8 are replaced instead of being an error.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json indices(const std::vector<TensorId>& ids) {
  Json list = Json::array();
  for (const TensorId id : ids) list.push_back(static_cast<int32_t>(id));
  return list;
}

Json names(const Graph& graph, const std::vector<TensorId>& ids) {
  Json list = Json::array();
  for (const TensorId id : ids) list.push_back(graph.tensor(id).name);
  return list;
}

Json pair(const Spatial& spatial) { return {spatial.height, spatial.width}; }

Json sides(const Padding2d& padding) {
  return {{"top", padding.top}, {"bottom", padding.bottom}, {"left", padding.left}, {"right", padding.right}};
}

template <class Choice, size_t N>
std::string_view name_of(Choice choice, const std::array<std::string_view, N>& names) {
  return names[static_cast<size_t>(choice)];
}

Json type_json(const StaticType& type) { return {{"dtype", to_string(type.dtype)}, {"shape", type.shape}}; }

/// One overload a kind of attributes.
struct AttributesJson {
  Json operator()(const NoAttributes&) const { return Json::object(); }
  Json operator()(const Conv2d& a) const {
    return {{"stride", pair(a.stride)},
            {"dilation", pair(a.dilation)},
            {"padding", sides(a.padding)},
            {"activation", to_string(a.activation)}};
  }
  Json operator()(const TransposeConv& a) const {
    return {{"stride", pair(a.stride)},
            {"padding", sides(a.padding)},
            {"output", pair(a.output)},
            {"activation", to_string(a.activation)}};
  }
  Json operator()(const FullyConnected& a) const {
    return {{"keepDims", a.keep_dims}, {"activation", to_string(a.activation)}};
  }
  Json operator()(const Pool2d& a) const {
    return {{"window", pair(a.window)},
            {"stride", pair(a.stride)},
            {"padding", sides(a.padding)},
            {"activation", to_string(a.activation)}};
  }
  Json operator()(const Elementwise& a) const { return {{"activation", to_string(a.activation)}}; }
  Json operator()(const Gelu& a) const { return {{"approximate", a.approximate}}; }
  Json operator()(const LeakyRelu& a) const { return {{"alpha", a.alpha}}; }
  Json operator()(const HardSigmoid& a) const { return {{"alpha", a.alpha}, {"beta", a.beta}}; }
  Json operator()(const Softmax& a) const { return {{"beta", a.beta}}; }
  Json operator()(const Reduce& a) const { return {{"axes", a.axes}, {"keepDims", a.keep_dims}}; }
  Json operator()(const Reshape& a) const { return {{"shape", a.shape}}; }
  Json operator()(const Transpose& a) const { return {{"permutation", a.permutation}}; }
  Json operator()(const Axis& a) const { return {{"axis", a.axis}}; }
  Json operator()(const Slice& a) const { return {{"begin", a.begin}, {"size", a.size}}; }
  Json operator()(const StridedSlice& a) const {
    return {{"begin", a.begin}, {"size", a.size}, {"stride", a.stride}, {"shrunkAxes", a.shrunk_axes}};
  }
  Json operator()(const Pad& a) const { return {{"paddings", a.paddings}, {"value", a.value}}; }
  Json operator()(const MirrorPad& a) const { return {{"paddings", a.paddings}, {"reflect", a.reflect}}; }
  Json operator()(const Resize& a) const {
    return {{"output", pair(a.output)},
            {"alignCorners", a.align_corners},
            {"halfPixelCenters", a.half_pixel_centers}};
  }
  Json operator()(const BlockSize& a) const { return {{"block", a.block}}; }
  Json operator()(const ArgMax& a) const { return {{"axis", a.axis}, {"output", to_string(a.output)}}; }
  Json operator()(const SplitV& a) const { return {{"axis", a.axis}, {"sizes", a.sizes}}; }
  Json operator()(const Tile& a) const { return {{"multiples", a.multiples}}; }
  Json operator()(const BatchBlocks& a) const { return {{"block", a.block}, {"margins", a.margins}}; }
  Json operator()(const BatchMatmul& a) const {
    return {{"transposeA", a.transpose_a}, {"transposeB", a.transpose_b}};
  }
  Json operator()(const Gather& a) const { return {{"axis", a.axis}, {"batchDims", a.batch_dims}}; }
  Json operator()(const CumSum& a) const {
    return {{"axis", a.axis}, {"exclusive", a.exclusive}, {"reverse", a.reverse}};
  }
  Json operator()(const Cast& a) const { return {{"to", to_string(a.to)}}; }
  Json operator()(const ImageResize& a) const {
    return {{"output", pair(a.output)},
            {"method", name_of(a.method, kResizeMethodNames)},
            {"keepAspect", a.keep_aspect},
            {"deposit", name_of(a.deposit, kDepositNames)}};
  }
  Json operator()(const ColorConversion& a) const {
    return {{"conversion", name_of(a.conversion, kColorChangeNames)},
            {"standard", name_of(a.standard, kColorStandardNames)}};
  }
  Json operator()(const ChromaUpsample& a) const {
    return {{"frame", pair(a.frame)}, {"sampling", name_of(a.sampling, kChromaSamplingNames)}};
  }
  Json operator()(const Normalize& a) const {
    return {{"divisor", a.divisor}, {"mean", a.mean}, {"std", a.std}};
  }
  Json operator()(const Tessellate& a) const {
    return {{"slice", a.slice}, {"alignC16", a.align_c16}, {"cblock", a.cblock}};
  }
  Json operator()(const Detessellate& a) const {
    Json json = (*this)(a.tiles);
    json["frame"] = type_json(a.frame);
    return json;
  }
  Json operator()(const UnpackBytes& a) const {
    Json tensors = Json::array();
    for (const StaticType& tensor : a.tensors) tensors.push_back(type_json(tensor));
    return {{"tensors", std::move(tensors)}};
  }
  Json operator()(const NmsMaxPool& a) const { return {{"kernel", a.kernel}}; }
  Json operator()(const DetectionPostProcess& a) const {
    return {{"coding", name_of(a.coding, kBoxCodingNames)},
            {"classes", a.classes},
            {"maxDetections", a.max_detections},
            {"classesPerDetection", a.classes_per_detection},
            {"detectionsPerClass", a.detections_per_class},
            {"keypoints", a.keypoints},
            {"scoreThreshold", a.score_threshold},
            {"overlapThreshold", a.overlap_threshold},
            {"scale", {a.y_scale, a.x_scale, a.h_scale, a.w_scale}},
            {"perClass", a.per_class},
            {"logits", a.logits},
            {"weighted", a.weighted}};
  }
};

int64_t parameters_of(const Graph& graph, const Node& node) {
  int64_t elements = 0;
  for (const TensorId id : node.inputs) {
    if (id != TensorId::None && graph.tensor(id).is_constant()) elements += graph.tensor(id).shape.elements();
  }
  return elements;
}

Json tensor_json(const Tensor& tensor) {
  Json json = {{"name", tensor.name},
               {"dtype", to_string(tensor.dtype)},
               {"shape", tensor.shape.dims()},
               {"constant", tensor.is_constant()}};
  if (tensor.quantization) {
    const QuantParams& quantization = *tensor.quantization;
    json["quantization"] = {
        {"scale", quantization.scale}, {"zeroPoint", quantization.zero_point}, {"axis", quantization.axis}};
    if (quantization.bits != 0) json["quantization"]["bits"] = quantization.bits;
  }
  return json;
}

Json node_json(const Graph& graph, const Node& node, const std::string& label) {
  return {{"name", node.name},
          {"label", label},
          {"operator", to_string(node.op)},
          {"shortOperator", std::string_view(ops::operator_of(node.op).short_name)},
          {"inputs", indices(node.inputs)},
          {"outputs", indices(node.outputs)},
          {"attributes", std::visit(AttributesJson{}, node.attributes)},
          {"sourceNodes", node.source_nodes},
          {"unit", to_string(node.placement.unit)},
          {"segment", node.placement.segment},
          {"reasons", node.placement.reasons},
          {"multiplyAccumulates", ops::multiply_accumulates(graph, node)},
          {"parameters", parameters_of(graph, node)}};
}

/// As a whole, or where the target has no kernel of it, in parts.
bool runs_somehow(const ops::Operator& op, const partition::Target& target, Precision precision) {
  if (!ops::comes_in_parts(op, partition::support_member(target)))
    return partition::runs_in(op, target, precision);
  const ops::Parts* const parts = op.parts;
  return std::all_of(parts->kinds.begin(), parts->kinds.end(),
                     [&](OpKind kind) { return runs_somehow(ops::operator_of(kind), target, precision); });
}

}  // namespace

std::string graph_json(const Graph& graph) {
  Json tensors = Json::array();
  for (const Tensor& tensor : graph.tensors) tensors.push_back(tensor_json(tensor));
  Json nodes = Json::array();
  const auto labels = short_names(graph);
  for (const Node& node : graph.nodes) nodes.push_back(node_json(graph, node, labels.at(node.name)));
  return text_of({{"name", graph.name},
                  {"inputs", indices(graph.inputs)},
                  {"outputs", indices(graph.outputs)},
                  {"tensors", std::move(tensors)},
                  {"nodes", std::move(nodes)}});
}

std::string partition_json(const Graph& graph, const partition::Report& report) {
  Json segments = Json::array();
  for (const partition::Segment& segment : report.segments) {
    Json nodes = Json::array();
    for (const NodeId id : segment.nodes) nodes.push_back(graph.node(id).name);
    segments.push_back({{"name", segment.name},
                        {"unit", to_string(segment.unit)},
                        {"nodes", std::move(nodes)},
                        {"inputs", names(graph, segment.inputs)},
                        {"outputs", names(graph, segment.outputs)}});
  }
  Json units = Json::array();
  for (const partition::UnitShare& share : report.units) {
    units.push_back({{"unit", to_string(share.unit)},
                     {"nodes", share.nodes},
                     {"multiplyAccumulates", share.multiply_accumulates},
                     {"parameters", share.parameters}});
  }
  return text_of({{"segments", std::move(segments)},
                  {"units", std::move(units)},
                  {"notes", report.notes},
                  {"boundaryBytes", report.boundary_bytes}});
}

std::string support_json() {
  Json rows = Json::array();
  for (const ops::Operator* op : ops::all_operators()) {
    Json targets = Json::object();
    for (const partition::Target& target : partition::all_targets()) {
      const ops::Support& support = partition::support(*op, target);
      Json constraints = Json::array();
      for (const ops::Constraint& constraint : support.constraints)
        constraints.push_back(constraint.sentence);
      const auto runs = [&](Precision precision) { return runs_somehow(*op, target, precision); };
      targets[std::string(target.key)] = {{"int8", runs(Precision::Int8)},
                                          {"int16", runs(Precision::Int16)},
                                          {"bf16", runs(Precision::BFloat16)},
                                          {"constraints", std::move(constraints)}};
    }
    rows.push_back({{"operator", to_string(op->kind)}, {"targets", std::move(targets)}, {"cvu", op->cvu}});
  }
  return text_of(rows);
}

}  // namespace octet::analyze
