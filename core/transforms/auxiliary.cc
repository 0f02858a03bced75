#include "transforms/auxiliary.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <span>
#include <utility>

#include "formats/checks.h"
#include "ir/text.h"
#include "transforms/network.h"
#include "transforms/transform_table.h"

namespace octet::transforms {
namespace {

using Json = json::Value;
using Operands = std::span<const TensorId>;

/// Deeper nesting of "compose" than anybody writes.
constexpr int kMaxDepth = 16;

[[noreturn]] void invalid(std::initializer_list<std::string_view> message, std::string_view hint = {}) {
  throw Error(ErrorCode::InvalidConfig, text(message), {}, std::string(hint));
}

const TransformRow& row_of(const Fields& fields) {
  std::string known = "compose";
  for (const auto rows : {tensor_transforms(), image_transforms(), detection_transforms()}) {
    for (const TransformRow& row : rows) {
      if (row.name == fields.transform()) return row;
      known += text({", ", row.name});
    }
  }
  invalid({"There is no transform '", fields.transform(), "'."}, text({"There are ", known, "."}));
}

const Json::Array& listed(Fields& fields) {
  const Json::Array& list = fields.value("transforms").elements();
  if (list.empty()) fields.fail({"'transforms' must be a list of at least one transform."});
  return list;
}

/// How many inputs a transform takes, kAllInputs for as many as there are.
size_t inputs_of(const Json& json, int depth = 0) {
  Fields fields(json);
  if (fields.transform() != "compose") return row_of(fields).inputs;
  if (depth == kMaxDepth) fields.fail({"they are nested too deep."});
  return inputs_of(listed(fields)[0], depth + 1);
}

std::string count_of(size_t count) {
  return text({std::to_string(count), count == 1 ? " tensor" : " tensors"});
}

/// `input`: what nodes are named after.
std::vector<TensorId> add(Network& network, const Json& json, const std::string& input, Operands operands) {
  Fields fields(json);
  if (fields.transform() == "compose") {
    std::vector<TensorId> results(operands.begin(), operands.end());
    for (const Json& each : listed(fields)) results = add(network, each, input, results);
    fields.finish();
    return results;
  }
  const TransformRow& row = row_of(fields);
  if (row.inputs != kAllInputs && row.inputs != operands.size()) {
    fields.fail({"it takes ", count_of(row.inputs), ", and is given ", count_of(operands.size()), "."});
  }
  network.begin(input, fields.transform());
  std::vector<TensorId> results = row.add(network, fields, operands);
  fields.finish();
  return results;
}

QuantParams quantization_of(const Json& json, const Tensor& tensor) {
  QuantParams params;
  for (const Json& scale : json["scale"].elements())
    params.scale.push_back(static_cast<float>(scale.number().value_or(NAN)));
  const auto is_integer = [](const Json& number) {
    const std::optional<int64_t> integer = number.integer();
    return integer && *integer >= INT32_MIN && *integer <= INT32_MAX;
  };
  const Json::Array& zero_points = json["zeroPoint"].elements();
  const Json axis = json.contains("axis") ? json["axis"] : Json(0);
  if (params.scale.empty() || zero_points.empty() || !is_integer(axis) ||
      !std::all_of(zero_points.begin(), zero_points.end(), is_integer)) {
    invalid({"The quantization of input '", tensor.name, "' is no object of scales and zero points."});
  }
  for (const Json& zero_point : zero_points)
    params.zero_point.push_back(static_cast<int32_t>(*zero_point.integer()));
  params.axis = static_cast<int32_t>(*axis.integer());
  if (const auto problem = formats::quantization_problem(params, tensor.dtype, tensor.shape))
    invalid({"The input '", tensor.name, "' ", *problem, "."});
  return params;
}

}  // namespace

std::vector<Tensor> tensor_types(std::string_view json) {
  const Json list = json::parsed(json).value_or(Json());
  if (list.size() == 0) invalid({"A network needs at least one input."});
  std::vector<Tensor> tensors;
  for (const Json& each : list.elements()) {
    const std::optional<StaticType> type = type_in(each);
    if (!type || !each["name"].is_string())
      invalid({"The type of an input must have a name, a dtype and a shape of positive integers."});
    Tensor tensor;
    tensor.name = *each["name"].string();
    tensor.dtype = type->dtype;
    tensor.shape = Shape(type->shape);
    if (each["quantization"] != Json()) tensor.quantization = quantization_of(each["quantization"], tensor);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Shape shape_from_json(std::string_view json) {
  const Json type = {{"dtype", "uint8"}, {"shape", json::parsed(json).value_or(Json())}};
  const std::optional<StaticType> found = type_in(type);
  if (!found) invalid({"A shape must be a list of positive integers."});
  return Shape(found->shape);
}

Graph auxiliary_graph(const std::string& name, std::string_view transforms, const std::vector<Tensor>& inputs,
                      const partition::Target& target) {
  const std::optional<Json> document = json::parsed(transforms);
  if (!document || !document->is_array()) invalid({"Transforms must be a JSON list."});
  Network network(name, inputs, target);
  const Json::Array& list = document->elements();
  const std::vector<TensorId> tensors = network.inputs();
  std::vector<TensorId> outputs;
  size_t taken = 0;
  for (const Json& each : list) {
    const size_t left = tensors.size() - taken;
    const size_t wanted = inputs_of(each);
    const size_t count = wanted == kAllInputs ? left : wanted;
    if (count == 0 || count > left) break;
    const std::vector<TensorId> results =
        add(network, each, inputs[taken].name, Operands(tensors).subspan(taken, count));
    outputs.insert(outputs.end(), results.begin(), results.end());
    taken += count;
    if (&each == &list.back() && taken == tensors.size()) return network.finish(std::move(outputs));
  }
  invalid({"The ", std::to_string(list.size()), " transforms do not take the ",
           std::to_string(tensors.size()), " inputs."},
          "Give one transform for each input, identity for those that stay as they are.");
}

}  // namespace octet::transforms
