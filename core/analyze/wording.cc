#include "analyze/wording.h"

#include <cmath>
#include <string>

#include "json/value.h"
#include "kernels/arithmetic/math.h"

namespace octet::analyze {
namespace {

/// Of more channels, or runs of them, the others are counted.
constexpr size_t kNamed = 6;

/// 10^exponent to the nearest double: JSON's reader is exact.
double power_of_ten(int exponent) { return *json::parse("1e" + std::to_string(exponent)).number(); }

}  // namespace

// By way of JSON, which has its own: printf would weigh as much as all this.
std::string number(double value) {
  if (value == 0 || !std::isfinite(value)) return value == 0 ? "0" : "infinitely many";
  const double unit = power_of_ten(static_cast<int>(std::floor(kernels::log10(std::abs(value)))) - 2);
  // A power of ten below 1 is not exact, its reciprocal is.
  const double rounded =
      unit < 1 ? std::round(value / unit) / std::round(1 / unit) : std::round(value / unit) * unit;
  std::string text = to_string(json::Value(rounded));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string percent(double share) { return number(100 * share) + " %"; }

std::string channels_text(const std::vector<int32_t>& channels) {
  // Runs of three and more are named by their ends.
  std::vector<std::string> names;
  size_t named = 0;
  for (size_t i = 0; i < channels.size() && names.size() < kNamed;) {
    size_t end = i + 1;
    while (end < channels.size() && channels[end] == channels[end - 1] + 1) ++end;
    if (end - i < 3) end = i + 1;
    names.push_back(std::to_string(channels[i]));
    if (end - i > 1) names.back() += " to " + std::to_string(channels[end - 1]);
    named = i = end;
  }
  const size_t more = channels.size() - named;
  if (more > 0) names.push_back(std::to_string(more) + " more");
  std::string text = channels.size() == 1 ? "Channel " : "Channels ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace octet::analyze
