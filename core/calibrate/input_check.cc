#include "calibrate/input_check.h"

#include <algorithm>

#include "ir/text.h"

namespace octet::calibrate {
namespace {

/// Sides that were scaled by factors that differ by more make another picture.
constexpr float kMostStretch = 1.25f;
/// Inputs of this range were scaled twice: pixels are 0 to 255.
constexpr double kTinyRange = 1.0 / 255;
/// By how much ranges of calibration and other samples may differ.
constexpr double kMostWider = 2;
constexpr double kMostNarrower = 8;
constexpr float kRoom = 1.0001f;  ///< For rounding in what was computed.

/// Reals of an input's contents, handed to `visit` one by one; nothing for types that hold none.
template <class Visit>
void for_each_real(const Tensor& tensor, std::span<const std::byte> contents, Visit visit) {
  if (tensor.dtype == DType::Float32) {
    for (const float value : as<float>(contents)) visit(value);
  } else if (tensor.dtype == DType::UInt8) {
    for (const uint8_t value : as<uint8_t>(contents)) visit(static_cast<float>(value));
  } else if (tensor.dtype == DType::Int8 && tensor.quantization) {
    const float scale = tensor.quantization->scale[0];
    const int32_t zero = tensor.quantization->zero_point[0];
    for (const int8_t value : as<int8_t>(contents)) visit(scale * static_cast<float>(value - zero));
  }
}

/// True for [1, height, width, 3] whose channels are the same everywhere.
bool has_equal_channels(const Tensor& tensor, std::span<const std::byte> contents) {
  if (tensor.shape.rank() != 4 || tensor.shape.channels() != 3) return false;
  const size_t size = size_of(tensor.dtype);
  for (size_t pixel = 0; pixel + 3 * size <= contents.size(); pixel += 3 * size) {
    const auto channel = [&](size_t c) { return contents.subspan(pixel + c * size, size); };
    const auto first = channel(0);
    for (const size_t c : {size_t{1}, size_t{2}}) {
      if (!std::equal(first.begin(), first.end(), channel(c).begin())) return false;
    }
  }
  return true;
}

std::string figure(double value) { return number_text(value, 4); }

std::string range_text(const Range& range) {
  return text({"from ", figure(range.low), " to ", figure(range.high)});
}

std::string share(uint64_t count, uint64_t of) {
  return text({std::to_string(count), " of ", std::to_string(of)});
}

bool differs_wildly(const Range& seen, const Range& calibrated) {
  const double width = calibrated.high - calibrated.low;
  const double seen_width = seen.high - seen.low;
  return seen.low > calibrated.high || seen.high < calibrated.low || seen_width > kMostWider * width ||
         seen_width < width / kMostNarrower;
}

}  // namespace

InputCheck::InputCheck(const Graph& graph) {
  for (const TensorId id : graph.inputs) inputs_.push_back({.tensor = graph.tensor(id)});
}

std::vector<InputFacts> InputCheck::observe(std::span<const std::span<const std::byte>> inputs,
                                            std::span<const ImageOrigin> origins) const {
  std::vector<InputFacts> facts;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    InputFacts& found = facts.emplace_back();
    found.origin = origins[i];
    bool first = true;
    for_each_real(inputs_[i].tensor, inputs[i], [&](float value) {
      found.low = first ? value : std::min(found.low, value);
      found.high = first ? value : std::max(found.high, value);
      first = false;
    });
    found.is_gray = has_equal_channels(inputs_[i].tensor, inputs[i]);
  }
  return facts;
}

void InputCheck::fold(std::span<const InputFacts> sample) {
  if (sample.size() != inputs_.size())
    throw Error(ErrorCode::InvalidInput, "What was noticed of a sample is of another model.");
  for (size_t i = 0; i < sample.size(); ++i) {
    Input& input = inputs_[i];
    const InputFacts& facts = sample[i];
    input.constant += facts.low == facts.high ? 1 : 0;
    input.gray += facts.is_gray ? 1 : 0;
    input.lost_color += facts.origin.lost_color ? 1 : 0;
    input.stretched += facts.origin.stretch > kMostStretch ? 1 : 0;
    input.most_stretch = std::max(input.most_stretch, facts.origin.stretch);
    const Range range = {facts.low, facts.high};
    input.range = input.samples == 0
                      ? range
                      : Range{std::min(input.range.low, range.low), std::max(input.range.high, range.high)};
    ++input.samples;
  }
}

void InputCheck::describe(const Input& input, std::vector<std::string>& warnings) {
  const std::string& name = input.tensor.name;
  // A single number, or a few, may well be the same.
  const bool is_image = input.tensor.shape.rank() == 4;
  if (is_image && input.constant > 0) {
    warnings.push_back(text({share(input.constant, input.samples), " samples of input '", name,
                             "' hold one value throughout; look at the files and the preprocessing."}));
  }
  const bool is_tiny = input.range.high - input.range.low <= kTinyRange * static_cast<double>(kRoom);
  if (is_image && input.constant < input.samples && is_tiny) {
    warnings.push_back(text({"All values of input '", name, "' are ", range_text(input.range),
                             ": if pixels were divided by 255 twice, correct mean and std."}));
  }
  if (input.gray > 0 && input.gray == input.samples && input.constant < input.samples) {
    warnings.push_back(text({"All samples of input '", name,
                             "' have three identical channels: if the model is to see colours, give images "
                             "in colour."}));
  }
  if (input.lost_color > 0) {
    warnings.push_back(
        text({"Input '", name, "' has one channel, and ", share(input.lost_color, input.samples),
              " images are in colour, of which it gets the luma: check that the model is the "
              "right one for them."}));
  }
  if (input.stretched > 0) {
    warnings.push_back(text({share(input.stretched, input.samples), " images were stretched to fit input '",
                             name, "', by up to ", figure(static_cast<double>(input.most_stretch)),
                             ": turn on keepAspect unless the model was trained so."}));
  }
}

std::vector<std::string> InputCheck::warnings(std::span<const std::optional<Range>> calibrated) const {
  std::vector<std::string> warnings;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    if (input.samples == 0) continue;
    describe(input, warnings);
    if (i >= calibrated.size() || !calibrated[i] || !differs_wildly(input.range, *calibrated[i])) continue;
    warnings.push_back(
        text({"Input '", input.tensor.name, "' is ", range_text(input.range), ", and was ",
              range_text(*calibrated[i]), " in calibration: use the same preprocessing for both."}));
  }
  return warnings;
}

}  // namespace octet::calibrate
