#include "sample.h"

#include <string>
#include <string_view>

#include "guarded.h"
#include "ir/digest.h"
#include "kernels/arithmetic/convert.h"
#include "transforms/image.h"
#include "values.h"

namespace octet::binding {

Sample::Sample(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)), origins_(graph_->inputs.size()) {
  for (const TensorId input : graph_->inputs) buffers_.emplace_back(graph_->tensor(input).byte_size());
}

val Sample::input(int i) {
  Bytes& buffer = buffers_[static_cast<size_t>(i)];
  origins_[static_cast<size_t>(i)] = {};
  return val(emscripten::typed_memory_view(buffer.size(), reinterpret_cast<uint8_t*>(buffer.data())));
}

val Sample::set_image(int i, const val& rgba, int width, int height, const std::string& preprocessing) {
  return guarded([&] {
    const Tensor& tensor = graph_->tensor(graph_->inputs[static_cast<size_t>(i)]);
    const bool int8 = tensor.dtype == DType::Int8 && tensor.quantization.has_value();
    if (tensor.dtype != DType::Float32 && tensor.dtype != DType::UInt8 && !int8) {
      throw Error(ErrorCode::InvalidInput,
                  "Images can be given to float32, uint8 and quantized int8 inputs only.",
                  {.input = tensor.name});
    }
    const Bytes pixels = bytes_of(rgba);
    Bytes& buffer = buffers_[static_cast<size_t>(i)];
    const transforms::Image image = {.rgba = as<uint8_t>(pixels), .width = width, .height = height};
    const transforms::Preprocessing how = transforms::preprocessing_from_json(preprocessing);
    const auto fill = [&](std::span<float> reals) {
      transforms::image_to_tensor(image, how, tensor.shape, reals);
    };
    if (tensor.dtype == DType::UInt8) {
      transforms::image_to_bytes(image, how, tensor.shape,
                                 {reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()});
    } else if (int8) {
      std::vector<float> reals(buffer.size());
      fill(reals);
      kernels::quantize(reals.data(), reinterpret_cast<int8_t*>(buffer.data()), reals.size(),
                        tensor.quantization->scale[0], tensor.quantization->zero_point[0]);
    } else {
      fill({reinterpret_cast<float*>(buffer.data()), buffer.size() / sizeof(float)});
    }
    origins_[static_cast<size_t>(i)] = transforms::image_origin(image, how, tensor.shape);
    return val::undefined();
  });
}

std::vector<std::span<const std::byte>> Sample::inputs() const { return {buffers_.begin(), buffers_.end()}; }

std::vector<calibrate::InputFacts> Sample::facts() const {
  return calibrate::InputCheck(*graph_).observe(inputs(), origins_);
}

val Sample::noticed() const {
  return guarded([&] { return bytes_copy_of(facts()); });
}

val Sample::digest() const {
  return guarded([&] {
    uint64_t digest = kDigestOfNothing;
    for (const Bytes& buffer : buffers_) digest = digest_of(buffer, digest);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[digest >> shift & 15];
    return val(text);
  });
}

val Sample::input_warnings(const val& noticed) const {
  return guarded([&] {
    calibrate::InputCheck check(*graph_);
    const auto all = values_of<calibrate::InputFacts>(noticed);
    const size_t each = buffers_.size();
    for (size_t at = 0; at + each <= all.size(); at += each) check.fold(std::span(all).subspan(at, each));
    return val::array(check.warnings(calibrated()));
  });
}

}  // namespace octet::binding
