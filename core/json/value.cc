#include "json/value.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/error.h"

namespace octet::json {

std::optional<bool> Value::boolean() const {
  const bool* value = std::get_if<bool>(&content_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<double> Value::number() const {
  if (const auto* value = std::get_if<double>(&content_)) return *value;
  if (const auto* value = std::get_if<int64_t>(&content_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<uint64_t>(&content_)) return static_cast<double>(*value);
  return {};
}

std::optional<int64_t> Value::integer() const {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (const auto* value = std::get_if<int64_t>(&content_)) return *value;
  if (const auto* value = std::get_if<uint64_t>(&content_)) {
    return *value <= INT64_MAX ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
  }
  const auto* value = std::get_if<double>(&content_);
  if (value == nullptr || *value != std::floor(*value) || !(*value >= -kLimit && *value < kLimit)) return {};
  return static_cast<int64_t>(*value);
}

const Value::Array& Value::elements() const {
  static const Array kNone;
  const Array* array = std::get_if<Array>(&content_);
  return array != nullptr ? *array : kNone;
}

const Value::Object& Value::members() const {
  static const Object kNone;
  const Object* object = std::get_if<Object>(&content_);
  return object != nullptr ? *object : kNone;
}

const Value* Value::find(std::string_view name) const {
  for (const Member& member : members()) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Value* Value::find(std::string_view name) {
  return const_cast<Value*>(static_cast<const Value*>(this)->find(name));
}

const Value& Value::operator[](std::string_view name) const {
  static const Value kNull;
  const Value* found = find(name);
  return found != nullptr ? *found : kNull;
}

Value& Value::operator[](std::string_view name) {
  if (Value* const found = find(name)) return *found;
  if (!is_object()) content_ = Object();
  return std::get<Object>(content_).emplace_back(std::string(name), Value()).second;
}

Value::Array& Value::elements() {
  if (!is_array()) content_ = Array();
  return std::get<Array>(content_);
}

Value parse(std::string_view text) {
  std::optional<Value> value = parsed(text);
  if (!value) throw Error(ErrorCode::Internal, "A document of Octet's own is no JSON.");
  return std::move(*value);
}

}  // namespace octet::json
