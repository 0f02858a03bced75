#include "pipeline/options.h"

#include <nlohmann/json.hpp>

#include "quantize/settings/quantization_params.h"
#include "transforms/auxiliary.h"

namespace octet::pipeline {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// A member as text; empty where there is none.
std::string document_in(const Json& json, const char* name) {
  return json.contains(name) ? text_of(json[name]) : "";
}

std::optional<std::string> text_in(const Json& json, const char* name) {
  if (!json.contains(name)) return {};
  return json[name].get<std::string>();
}

}  // namespace

LoadOptions load_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  LoadOptions options = {.target = partition::target_by_key(given.at("target").get<std::string>())};
  options.target.any_shape_on_mla = given.at("anyShapeOnMla");
  for (const auto& [input, shape] : given.at("inputShapes").items())
    options.input_shapes[input] = shape.get<std::vector<int32_t>>();
  return options;
}

FinishOptions finish_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  return {.model_name = text_in(given, "modelName"),
          .preprocessing_json = document_in(given, "preprocessing"),
          .methods_json = document_in(given, "methods"),
          .octet_version = given.at("octetVersion")};
}

ConvertOptions convert_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  return {.requantization = quantize::requantization_from_string(given.at("requantization")),
          .model_name = text_in(given, "modelName"),
          .octet_version = given.at("octetVersion")};
}

AuxiliaryOptions auxiliary_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  return {.name = given.at("name"),
          .target = partition::target_by_key(given.at("target").get<std::string>()),
          .transforms_json = text_of(given.at("transforms")),
          .inputs = transforms::tensor_types(text_of(given.at("inputTypes"))),
          .octet_version = given.at("octetVersion")};
}

ComposeOptions compose_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  return {.name = text_in(given, "name"), .octet_version = given.at("octetVersion")};
}

PreprocessingOptions preprocessing_options_from_json(std::string_view json) {
  const Json given = Json::parse(json);
  return {.preprocessing = transforms::preprocessing_from_json(text_of(given.at("preprocessing"))),
          .image = transforms::shape_from_json(text_of(given.at("imageShape"))),
          .input = transforms::tensor_types(text_of(Json::array({given.at("inputType")})))[0]};
}

std::vector<int> integers_from_json(std::string_view json) { return Json::parse(json); }

std::vector<double> numbers_from_json(std::string_view json) { return Json::parse(json); }

}  // namespace octet::pipeline
