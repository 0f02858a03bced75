#include "pipeline/options.h"

#include "ir/error.h"
#include "ir/text.h"
#include "json/value.h"
#include "quantize/settings/quantization_params.h"
#include "transforms/auxiliary.h"

namespace octet::pipeline {
namespace {

using Json = json::Value;

template <class Value>
Value checked(std::optional<Value> value, std::string_view name) {
  if (value) return *std::move(value);
  throw Error(ErrorCode::Internal, octet::text({"The option '", name, "' is missing, or of another kind."}));
}

std::optional<std::string> optional_text(const Json& options, std::string_view name) {
  const std::string* const text = options[name].string();
  return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::string text(const Json& options, std::string_view name) {
  return checked(optional_text(options, name), name);
}

std::string document(const Json& options, std::string_view name) { return to_string(options[name]); }

std::string optional_document(const Json& options, std::string_view name) {
  return options.contains(name) ? document(options, name) : "";
}

template <class Integer>
std::vector<Integer> integers(const Json& list) {
  std::vector<Integer> values;
  for (const Json& value : list.elements())
    values.push_back(static_cast<Integer>(checked(value.integer(), "integers")));
  return values;
}

std::vector<std::string> names(const Json& list) {
  std::vector<std::string> values;
  for (const Json& value : list.elements()) {
    const std::string* const name = value.string();
    values.push_back(checked(name != nullptr ? std::optional(*name) : std::nullopt, "names"));
  }
  return values;
}

}  // namespace

LoadOptions load_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  LoadOptions options = {.target = partition::target_by_key(text(given, "target"))};
  options.target.any_shape_on_mla = checked(given["anyShapeOnMla"].boolean(), "anyShapeOnMla");
  for (const auto& [input, shape] : given["inputShapes"].members())
    options.import.input_shapes[input] = integers<int32_t>(shape);
  options.import.outputs = names(given["outputs"]);
  return options;
}

FinishOptions finish_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  return {.model_name = optional_text(given, "modelName"),
          .preprocessing_json = optional_document(given, "preprocessing"),
          .methods_json = optional_document(given, "methods"),
          .octet_version = text(given, "octetVersion")};
}

ConvertOptions convert_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  return {.requantization = quantize::requantization_from_string(text(given, "requantization")),
          .model_name = optional_text(given, "modelName"),
          .octet_version = text(given, "octetVersion")};
}

AuxiliaryOptions auxiliary_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  return {.name = text(given, "name"),
          .target = partition::target_by_key(text(given, "target")),
          .transforms_json = document(given, "transforms"),
          .inputs = transforms::tensor_types(document(given, "inputTypes")),
          .octet_version = text(given, "octetVersion")};
}

ComposeOptions compose_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  return {.name = optional_text(given, "name"), .octet_version = text(given, "octetVersion")};
}

PreprocessingOptions preprocessing_options_from_json(std::string_view json) {
  const Json given = json::parse(json);
  return {.preprocessing = transforms::preprocessing_from_json(document(given, "preprocessing")),
          .image = transforms::shape_from_json(document(given, "imageShape")),
          .input = transforms::tensor_types(to_string(Json(Json::Array{given["inputType"]})))[0]};
}

std::vector<std::string> names_from_json(std::string_view json) { return names(json::parse(json)); }

std::vector<int> integers_from_json(std::string_view json) { return integers<int>(json::parse(json)); }

std::vector<double> numbers_from_json(std::string_view json) {
  std::vector<double> values;
  for (const Json& value : json::parse(json).elements()) values.push_back(checked(value.number(), "numbers"));
  return values;
}

}  // namespace octet::pipeline
