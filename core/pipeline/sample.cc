#include "pipeline/sample.h"

#include <string_view>
#include <utility>

#include "ir/byte_stream.h"
#include "ir/digest.h"
#include "json/value.h"
#include "kernels/arithmetic/convert.h"

namespace octet::pipeline {

Sample::Sample(std::shared_ptr<const Graph> graph, Subject subject)
    : graph_(std::move(graph)), subject_(subject), origins_(graph_->inputs.size()) {
  for (const TensorId input : graph_->inputs) buffers_.emplace_back(graph_->tensor(input).byte_size());
}

size_t Sample::index_of(int input) const {
  const auto index = static_cast<size_t>(input);
  if (input < 0 || index >= buffers_.size())
    throw Error(ErrorCode::InvalidInput, "The model has no input " + std::to_string(input) + ".", {},
                "It has " + std::to_string(buffers_.size()) + ".");
  return index;
}

std::span<std::byte> Sample::input(int i) {
  const size_t index = index_of(i);
  origins_[index] = {};
  return buffers_[index];
}

void Sample::set_image(int i, const transforms::Image& image,
                       const transforms::Preprocessing& preprocessing) {
  const size_t index = index_of(i);
  const Tensor& tensor = graph_->tensor(graph_->inputs[index]);
  const bool int8 = tensor.dtype == DType::Int8 && tensor.quantization.has_value();
  if (tensor.dtype != DType::Float32 && tensor.dtype != DType::UInt8 && !int8) {
    throw Error(ErrorCode::InvalidInput,
                "Images can be given to float32, uint8 and quantized int8 inputs only.",
                {.input = tensor.name});
  }
  Bytes& buffer = buffers_[index];
  const auto fill = [&](std::span<float> reals) {
    transforms::image_to_tensor(image, preprocessing, tensor.shape, reals);
  };
  if (tensor.dtype == DType::UInt8) {
    transforms::image_to_bytes(image, preprocessing, tensor.shape,
                               {reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()});
  } else if (int8) {
    std::vector<float> reals(buffer.size());
    fill(reals);
    kernels::quantize(reals.data(), reinterpret_cast<int8_t*>(buffer.data()), reals.size(),
                      tensor.quantization->scale[0], tensor.quantization->zero_point[0]);
  } else {
    fill({reinterpret_cast<float*>(buffer.data()), buffer.size() / sizeof(float)});
  }
  origins_[index] = transforms::image_origin(image, preprocessing, tensor.shape);
}

std::vector<std::span<const std::byte>> Sample::inputs() const { return {buffers_.begin(), buffers_.end()}; }

std::vector<calibrate::InputFacts> Sample::facts() const {
  return calibrate::InputCheck(*graph_).observe(inputs(), origins_);
}

Bytes Sample::noticed() const {
  return statistics_of(StatisticsKind::InputFacts, subject_,
                       [&](Bytes& statistics) { put_list(statistics, facts()); });
}

std::string Sample::digest() const {
  uint64_t digest = kDigestOfNothing;
  for (const Bytes& buffer : buffers_) digest = digest_of(buffer, digest);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += kDigits[digest >> shift & 15];
  return to_string(json::Value(digits));
}

std::string Sample::input_warnings(std::span<const std::byte> noticed) const {
  calibrate::InputCheck check(*graph_);
  while (!noticed.empty()) {
    std::span<const std::byte> sample = take_statistics(noticed, StatisticsKind::InputFacts, subject_);
    check.fold(take_list<calibrate::InputFacts>(sample));
  }
  return to_string(json::Value(check.warnings(calibrated())));
}

}  // namespace octet::pipeline
