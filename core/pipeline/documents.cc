#include "pipeline/documents.h"

#include <nlohmann/json.hpp>

namespace octet::pipeline {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string json_object(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string json;
  for (const auto& [name, value] : members) {
    json += json.empty() ? "{\"" : ",\"";
    json.append(name).append("\":").append(value);
  }
  return json + "}";
}

std::string json_text(std::string_view text) { return text_of(text); }
std::string json_list(const std::vector<std::string>& texts) { return text_of(texts); }
std::string json_list(const std::vector<double>& numbers) { return text_of(numbers); }

std::string json_error(const Error& error) {
  const ErrorLocation& location = error.where();
  Json where = Json::object();
  if (!location.node.empty()) where["node"] = location.node;
  if (!location.tensor.empty()) where["tensor"] = location.tensor;
  if (!location.input.empty()) where["input"] = location.input;
  if (location.byte_offset) where["byteOffset"] = *location.byte_offset;
  return text_of({{"code", to_string(error.code())},
                  {"message", error.message()},
                  {"where", std::move(where)},
                  {"hint", error.hint()}});
}

const std::string& json_from_file(const std::string& json) {
  static const std::string kNone = "null";
  if (json.empty()) return kNone;
  if (!Json::accept(json)) throw Error(ErrorCode::InvalidFile, "The file holds a document that is not JSON.");
  return json;
}

}  // namespace octet::pipeline
