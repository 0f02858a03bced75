#include "transforms/preprocessing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "ir/error.h"
#include "json/value.h"

namespace octet::transforms {
namespace {

using Json = json::Value;

[[noreturn]] void invalid_config(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidConfig, message, {}, hint);
}

std::vector<float> numbers(const Json& value, const std::string& name) {
  const Json::Array list = value.is_array() ? value.elements() : Json::Array{value};
  std::vector<float> result;
  for (const Json& element : list) {
    if (!element.is_number())
      invalid_config("Preprocessing's '" + name + "' must be a number or a list of numbers.");
    result.push_back(static_cast<float>(*element.number()));
  }
  return result;
}

/// The index in `names` of a string field.
template <size_t N>
size_t choice(const Json& value, const std::string& field, const std::array<const char*, N>& names) {
  std::string known;
  for (size_t i = 0; i < N; ++i) {
    if (value.is_string() && *value.string() == names[i]) return i;
    known += (i == 0 ? "'" : ", '") + std::string(names[i]) + "'";
  }
  invalid_config("Preprocessing's '" + field + "' is " + to_string(value) + ".", "It can be " + known + ".");
}

}  // namespace

Preprocessing preprocessing_from_json(std::string_view json) {
  const Json document = json::parsed(json).value_or(Json());
  if (!document.is_object()) invalid_config("Preprocessing must be a JSON object.");
  Preprocessing result;
  for (const auto& [name, value] : document.members()) {
    if (name == "mean") {
      result.mean = numbers(value, name);
    } else if (name == "std") {
      result.std = numbers(value, name);
    } else if (name == "resize") {
      result.resize =
          static_cast<ResizeMethod>(choice(value, name, std::array{"bilinear", "nearest", "area", "cubic"}));
    } else if (name == "keepAspect") {
      if (!value.is_boolean()) invalid_config("Preprocessing's 'keepAspect' must be true or false.");
      result.keep_aspect = *value.boolean();
    } else if (name == "deposit") {
      result.deposit =
          static_cast<Deposit>(choice(value, name, std::array{"topLeft", "center", "bottomRight"}));
    } else if (name == "color") {
      result.color = static_cast<ColorOrder>(choice(value, name, std::array{"RGB", "BGR", "GRAY"}));
    } else if (name == "layout") {
      result.layout = static_cast<Layout>(choice(value, name, std::array{"NHWC", "NCHW"}));
    } else {
      invalid_config("Preprocessing has no field '" + name + "'.",
                     "Its fields are mean, std, resize, keepAspect, deposit, color and layout.");
    }
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(result.mean.begin(), result.mean.end(), finite)) {
    invalid_config("Preprocessing's 'mean' is not finite.");
  }
  if (!std::all_of(result.std.begin(), result.std.end(),
                   [&](float value) { return finite(value) && value > 0; })) {
    invalid_config("Preprocessing's 'std' must be above zero.");
  }
  return result;
}

Shape with_channels(const Shape& shape, Layout layout) {
  if (shape.rank() != 3 || shape[0] != 1) return shape;
  return layout == Layout::Nhwc ? Shape{1, shape[1], shape[2], 1} : Shape{1, 1, shape[1], shape[2]};
}

std::string no_image_hint(const Shape& shape) {
  if (shape.rank() == 4 && shape[0] > 1) {
    return "The input takes " + std::to_string(shape[0]) +
           " images at once: give it tensors of that shape, such as .npy files.";
  }
  return "The input must hold one image of 1 or 3 channels; check the layout, NHWC or NCHW.";
}

}  // namespace octet::transforms
