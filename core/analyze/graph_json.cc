#include "analyze/graph_json.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>
#include <variant>

#include "ir/short_name.h"
#include "json/value.h"
#include "ops/decomposition.h"
#include "ops/operator.h"
#include "partition/target.h"

namespace octet::analyze {
namespace {

using Json = json::Value;

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

// What attributes hold, by their types.
Json shown(bool value) { return value; }
Json shown(int32_t value) { return value; }
Json shown(float value) { return value; }
template <class Choice>
requires std::is_enum_v<Choice> Json shown(Choice value) {
  return names_of(value)[static_cast<size_t>(value)];
}
Json shown(const Spatial& value) { return Json::Array{value.height, value.width}; }
Json shown(const Padding2d& value) {
  return {{"top", value.top}, {"bottom", value.bottom}, {"left", value.left}, {"right", value.right}};
}
template <class Element>
requires std::is_arithmetic_v<Element> Json shown(const std::vector<Element>& values) { return values; }
Json shown(const std::array<int32_t, 3>& values) { return values; }
Json shown(const std::vector<std::array<int32_t, 2>>& pairs) { return pairs; }
template <Described T>
Json shown(const std::vector<T>& list);
template <Described T>
Json shown(const T& described) {
  Json object = Json::object();
  T::fields([&](std::string_view name, auto member) { object[name] = shown(described.*member); });
  return object;
}
template <Described T>
Json shown(const std::vector<T>& list) {
  Json elements = Json::array();
  for (const T& each : list) elements.push_back(shown(each));
  return elements;
}

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
  if (!tensor.file_axes.empty()) {
    std::vector<int32_t> file_shape(tensor.file_axes.size());
    for (size_t i = 0; i < file_shape.size(); ++i)
      file_shape[static_cast<size_t>(tensor.file_axes[i])] = tensor.shape[static_cast<int>(i)];
    json["fileShape"] = file_shape;
    json["fileAxes"] = tensor.file_axes;
  }
  if (tensor.quantization) {
    const QuantParams& quantization = *tensor.quantization;
    json["quantization"] = Json{
        {"scale", quantization.scale}, {"zeroPoint", quantization.zero_point}, {"axis", quantization.axis}};
    if (quantization.bits != 0) json["quantization"]["bits"] = quantization.bits;
  }
  return json;
}

Json node_json(const Graph& graph, const Node& node, const std::string& label) {
  return {
      {"name", node.name},
      {"label", label},
      {"operator", to_string(node.op)},
      {"shortOperator", std::string_view(ops::operator_of(node.op).short_name)},
      {"inputs", indices(node.inputs)},
      {"outputs", indices(node.outputs)},
      {"attributes", std::visit([](const auto& attributes) { return shown(attributes); }, node.attributes)},
      {"sourceNodes", node.source_nodes},
      {"unit", to_string(node.placement.unit)},
      {"segment", node.placement.segment},
      {"reasons", node.placement.reasons},
      {"multiplyAccumulates", ops::multiply_accumulates(graph, node)},
      {"parameters", parameters_of(graph, node)}};
}

/// As a whole, or where the target has no kernel of it, by its components.
bool runs_somehow(const ops::Operator& op, const partition::Target& target, Precision precision) {
  if (!ops::is_decomposed(op, partition::support_member(target)))
    return partition::runs_in(op, target, precision);
  const ops::Decomposition* const decomposition = op.decomposition;
  return std::all_of(decomposition->kinds.begin(), decomposition->kinds.end(),
                     [&](OpKind kind) { return runs_somehow(ops::operator_of(kind), target, precision); });
}

}  // namespace

std::string graph_json(const Graph& graph) {
  Json tensors = Json::array();
  for (const Tensor& tensor : graph.tensors) tensors.push_back(tensor_json(tensor));
  Json nodes = Json::array();
  const auto labels = short_names(graph);
  for (const Node& node : graph.nodes) nodes.push_back(node_json(graph, node, labels.at(node.name)));
  return to_string(Json{{"name", graph.name},
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
    segments.push_back(Json{{"name", segment.name},
                            {"unit", to_string(segment.unit)},
                            {"nodes", std::move(nodes)},
                            {"inputs", names(graph, segment.inputs)},
                            {"outputs", names(graph, segment.outputs)}});
  }
  Json units = Json::array();
  for (const partition::UnitShare& share : report.units) {
    units.push_back(Json{{"unit", to_string(share.unit)},
                         {"nodes", share.nodes},
                         {"multiplyAccumulates", share.multiply_accumulates},
                         {"parameters", share.parameters}});
  }
  return to_string(Json{{"segments", std::move(segments)},
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
      targets[target.key] = Json{{"int8", runs(Precision::Int8)},
                                 {"int16", runs(Precision::Int16)},
                                 {"bf16", runs(Precision::BFloat16)},
                                 {"constraints", std::move(constraints)}};
    }
    rows.push_back(
        Json{{"operator", to_string(op->kind)}, {"targets", std::move(targets)}, {"cvu", op->cvu}});
  }
  return to_string(rows);
}

}  // namespace octet::analyze
