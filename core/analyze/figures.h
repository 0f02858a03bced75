// Interim, until core/json.
#pragma once
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
namespace octet::analyze {
inline nlohmann::ordered_json figure(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return nullptr;
  return value > 0 ? "@1e999" : "@-1e999";
}
inline std::string figures_text(const nlohmann::ordered_json& json) {
  std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  for (size_t at; (at = text.find("\"@")) != std::string::npos;) {
    const size_t end = text.find('"', at + 1);
    text = text.substr(0, at) + text.substr(at + 2, end - at - 2) + text.substr(end + 1);
  }
  return text;
}
}  // namespace octet::analyze
