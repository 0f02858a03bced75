#include "pipeline/documents.h"

#include "json/value.h"

namespace octet::pipeline {

using Json = json::Value;

std::string json_object(const std::vector<JsonMember>& members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json.append(to_string(Json(name))).append(1, ':').append(value);
  }
  return json + "}";
}

std::string json_error(const Error& error) {
  const ErrorLocation& location = error.where();
  Json where = Json::object();
  if (!location.node.empty()) where["node"] = location.node;
  if (!location.tensor.empty()) where["tensor"] = location.tensor;
  if (!location.input.empty()) where["input"] = location.input;
  if (location.byte_offset) where["byteOffset"] = *location.byte_offset;
  return to_string(Json{{"code", octet::to_string(error.code())},
                        {"message", error.message()},
                        {"where", std::move(where)},
                        {"hint", error.hint()}});
}

const std::string& json_from_file(const std::string& json) {
  static const std::string kNone = "null";
  if (json.empty()) return kNone;
  if (!json::parsed(json)) throw Error(ErrorCode::InvalidFile, "The file holds a document that is not JSON.");
  return json;
}

}  // namespace octet::pipeline
