// Reads the fields of one transform from JSON; whatever is wrong with one is said with the transform's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "json/value.h"

namespace octet::transforms {

/// {"dtype", "shape"} of a tensor, where `json` is that; other fields do not matter.
std::optional<StaticType> type_in(const json::Value& json);

/// Of objects {"transform": name, …}. Field names that are asked for are literals.
class Fields {
 public:
  /// `json` outlives this. Throws InvalidConfig unless it is an object with a string "transform".
  explicit Fields(const json::Value& json);

  /// The value of "transform".
  const std::string& transform() const { return *transform_; }
  bool has(std::string_view name) { return find(name) != nullptr; }

  // Each throws InvalidConfig where the field is missing, unless there is a default, or of another kind.
  const json::Value& value(std::string_view name);
  int32_t integer(std::string_view name, std::optional<int32_t> otherwise = {});
  double number(std::string_view name, std::optional<double> otherwise = {});
  bool boolean(std::string_view name, bool otherwise);
  std::vector<int32_t> integers(std::string_view name);
  /// A list of lists of `width` finite numbers, at least one.
  std::vector<std::vector<double>> rows(std::string_view name, size_t width);
  std::string text(std::string_view name);
  /// A tensor's type, or a list of at least one.
  StaticType type(std::string_view name);
  std::vector<StaticType> types(std::string_view name);
  /// `number`, of field `name`, as an integer.
  int32_t whole(std::string_view name, double number) const;
  /// The index of a string among `names`.
  size_t choice(std::string_view name, std::span<const std::string_view> names,
                std::optional<size_t> otherwise = {});

  /// Throws where there is a field that nothing asked for.
  void finish() const;
  /// Throws InvalidConfig with the transform's name in front of the problem.
  [[noreturn]] void fail(std::initializer_list<std::string_view> problem, std::string_view hint = {}) const;

 private:
  const json::Value* find(std::string_view name);
  /// Fails because a field must be `kind`, which `json` is not.
  [[noreturn]] void expected(std::string_view name, std::string_view kind) const;

  const json::Value* json_;
  const std::string* transform_;
  std::vector<std::string_view> known_ = {"transform"};
};

}  // namespace octet::transforms
