#include "transforms/json_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/shape.h"
#include "ir/text.h"

namespace octet::transforms {
namespace {

using Json = json::Value;

std::optional<int32_t> integer_of(double number) {
  if (number != std::floor(number) || number < std::numeric_limits<int32_t>::min() ||
      number > std::numeric_limits<int32_t>::max())
    return {};
  return static_cast<int32_t>(number);
}

std::optional<int32_t> integer_in(const Json& json) {
  const std::optional<double> number = json.number();
  return number ? integer_of(*number) : std::nullopt;
}

/// The type of that name that a tensor of a network can have.
std::optional<DType> dtype_in(const Json& json) {
  constexpr std::array kTypes = {DType::Float32, DType::BFloat16, DType::Int8,  DType::UInt8,
                                 DType::Int16,   DType::Int32,    DType::Int64, DType::Bool};
  for (const DType dtype : kTypes) {
    if (json.is_string() && *json.string() == to_string(dtype)) return dtype;
  }
  return {};
}

bool is_finite_number(const Json& json) { return std::isfinite(json.number().value_or(NAN)); }

}  // namespace

std::optional<StaticType> type_in(const Json& json) {
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape")) return {};
  const std::optional<DType> dtype = dtype_in(json["dtype"]);
  const Json& shape = json["shape"];
  if (!dtype || !shape.is_array() || shape.size() > Shape::kMaxRank) return {};
  StaticType type = {.dtype = *dtype, .shape = {}};
  for (const Json& extent : shape.elements()) {
    const std::optional<int32_t> number = integer_in(extent);
    if (!number || *number < 1) return {};
    type.shape.push_back(*number);
  }
  return type;
}

Fields::Fields(const Json& json) : json_(&json) {
  const Json* name = json.is_object() ? find("transform") : nullptr;
  transform_ = name != nullptr ? name->string() : nullptr;
  if (transform_ == nullptr)
    throw Error(ErrorCode::InvalidConfig, "A transform must be a JSON object with its name in 'transform'.");
}

const Json* Fields::find(std::string_view name) {
  known_.push_back(name);
  return json_->find(name);
}

void Fields::expected(std::string_view name, std::string_view kind) const {
  fail({"'", name, "' must be ", kind, "."});
}

const Json& Fields::value(std::string_view name) {
  const Json* found = find(name);
  if (found == nullptr) fail({"it lacks '", name, "'."});
  return *found;
}

int32_t Fields::integer(std::string_view name, std::optional<int32_t> otherwise) {
  if (otherwise && find(name) == nullptr) return *otherwise;
  const std::optional<int32_t> number = integer_in(value(name));
  if (!number) expected(name, "an integer");
  return *number;
}

double Fields::number(std::string_view name, std::optional<double> otherwise) {
  if (otherwise && find(name) == nullptr) return *otherwise;
  const Json& json = value(name);
  if (!is_finite_number(json)) expected(name, "a number");
  return *json.number();
}

bool Fields::boolean(std::string_view name, bool otherwise) {
  const Json* json = find(name);
  if (json == nullptr) return otherwise;
  if (!json->is_boolean()) expected(name, "true or false");
  return *json->boolean();
}

std::vector<int32_t> Fields::integers(std::string_view name) {
  const Json& json = value(name);
  if (!json.is_array()) expected(name, "a list of integers");
  std::vector<int32_t> numbers;
  for (const Json& element : json.elements()) {
    const std::optional<int32_t> number = integer_in(element);
    if (!number) expected(name, "a list of integers");
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<std::vector<double>> Fields::rows(std::string_view name, size_t width) {
  const Json& json = value(name);
  const std::string kind = octet::text({"a list of lists of ", std::to_string(width), " numbers"});
  if (json.size() == 0) expected(name, kind);
  std::vector<std::vector<double>> rows;
  for (const Json& list : json.elements()) {
    const Json::Array& numbers = list.elements();
    if (numbers.size() != width || !std::all_of(numbers.begin(), numbers.end(), is_finite_number))
      expected(name, kind);
    std::vector<double>& row = rows.emplace_back();
    for (const Json& number : numbers) row.push_back(*number.number());
  }
  return rows;
}

std::string Fields::text(std::string_view name) {
  const std::string* string = value(name).string();
  if (string == nullptr) expected(name, "a string");
  return *string;
}

StaticType Fields::type(std::string_view name) {
  const std::optional<StaticType> type = type_in(value(name));
  if (!type) expected(name, "a dtype and a shape of positive integers");
  return *type;
}

std::vector<StaticType> Fields::types(std::string_view name) {
  const Json& json = value(name);
  std::vector<StaticType> types;
  for (const Json& each : json.elements()) {
    const std::optional<StaticType> type = type_in(each);
    if (type) types.push_back(*type);
  }
  if (!json.is_array() || types.empty() || types.size() != json.size())
    expected(name, "a list of types, each a dtype and a shape of positive integers");
  return types;
}

int32_t Fields::whole(std::string_view name, double number) const {
  const std::optional<int32_t> integer = integer_of(number);
  if (!integer) expected(name, "lists of integers");
  return *integer;
}

size_t Fields::choice(std::string_view name, std::span<const std::string_view> names,
                      std::optional<size_t> otherwise) {
  if (otherwise && find(name) == nullptr) return *otherwise;
  const std::string given = text(name);
  const auto found = std::find(names.begin(), names.end(), given);
  if (found == names.end())
    fail({"'", name, "' is '", given, "'."}, octet::text({"It can be ", joined(names), "."}));
  return static_cast<size_t>(found - names.begin());
}

void Fields::finish() const {
  for (const auto& [field, value] : json_->members()) {
    if (std::find(known_.begin(), known_.end(), field) != known_.end()) continue;
    fail({"it has no field '", field, "'."}, octet::text({"Its fields can be ", joined(known_), "."}));
  }
}

void Fields::fail(std::initializer_list<std::string_view> problem, std::string_view hint) const {
  throw Error(ErrorCode::InvalidConfig,
              octet::text({"Transform '", transform(), "': ", octet::text(problem)}), {}, std::string(hint));
}

}  // namespace octet::transforms
