#include "ops/constraint.h"

#include "ir/text.h"

namespace octet::ops {
namespace {

int rank_of(const Tensor& tensor) { return tensor.shape.rank(); }

/// `form` with text_of(i) in place of the i-th '#'.
template <class TextOf>
std::string filled_by(std::string_view form, const TextOf& text_of) {
  std::string result;
  size_t i = 0;
  for (const char c : form) {
    if (c == '#') {
      result += text_of(i++);
    } else {
      result += c;
    }
  }
  return result;
}

std::string listed(std::span<const int32_t> numbers) {
  std::string result;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) result += i + 1 == numbers.size() ? " and " : ", ";
    result += std::to_string(numbers[i]);
  }
  return result;
}

}  // namespace

std::string filled(std::string_view form, std::initializer_list<int32_t> numbers) {
  return filled_by(form, [&](size_t i) { return std::to_string(numbers.begin()[i]); });
}

std::string filled(std::string_view form, float first, float second) {
  constexpr int kDigits = 7;  // Which tell apart what people write.
  return filled_by(
      form, [&](size_t i) { return number_text(static_cast<double>(i == 0 ? first : second), kDigits); });
}

std::string filled(std::string_view form, const Shape& first, const Shape& second) {
  return filled_by(form, [&](size_t i) { return to_string(i == 0 ? first : second); });
}

std::string filled(std::string_view form, std::span<const int32_t> list) {
  return filled_by(form, [&](size_t) { return listed(list); });
}

std::string filled_with_axes(std::string_view form, std::span<const int32_t> axes) {
  const char* const noun = axes.empty() ? "no axis" : axes.size() == 1 ? "axis " : "axes ";
  return filled_by(form, [&](size_t) { return noun + listed(axes); });
}

bool has_four_dimensions(const ConstraintView& view) {
  if (view.any_shape || view.target == TargetId::Tflite) return true;
  return rank_of(view.node.input(0)) == 4 && rank_of(view.node.output()) == 4;
}

bool has_four_or_five_dimensions(const ConstraintView& view) {
  const auto fits = [](const Tensor& tensor) { return rank_of(tensor) == 4 || rank_of(tensor) == 5; };
  return view.any_shape || (fits(view.node.input(0)) && fits(view.node.output()));
}

bool has_four_dimensional_input(const ConstraintView& view) {
  return view.any_shape || rank_of(view.node.input(0)) == 4;
}

std::string found_ranks(const ConstraintView& view) {
  return filled("they have # and #", {rank_of(view.node.input(0)), rank_of(view.node.output())});
}

std::string found_input_rank(const ConstraintView& view) {
  return filled("it has #", {rank_of(view.node.input(0))});
}

std::string found_shapes(const ConstraintView& view) {
  return text(
      {"it turns ", to_string(view.node.input(0).shape), " into ", to_string(view.node.output().shape)});
}

std::string found_batch_axis(const ConstraintView&) { return filled("its axis is 0"); }

}  // namespace octet::ops
