#include "sample.h"

#include "guarded.h"
#include "kernels/convert.h"
#include "transforms/image.h"
#include "values.h"

namespace octet::binding {

Sample::Sample(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {
  for (const TensorId input : graph_->inputs) buffers_.emplace_back(graph_->tensor(input).byte_size());
}

val Sample::input(int i) {
  Bytes& buffer = buffers_[static_cast<size_t>(i)];
  return val(emscripten::typed_memory_view(buffer.size(), reinterpret_cast<uint8_t*>(buffer.data())));
}

val Sample::set_image(int i, const val& rgba, int width, int height, const std::string& preprocessing) {
  return guarded([&] {
    const Tensor& tensor = graph_->tensor(graph_->inputs[static_cast<size_t>(i)]);
    const bool int8 = tensor.dtype == DType::Int8 && tensor.quantization.has_value();
    if (tensor.dtype != DType::Float32 && !int8) {
      throw Error(ErrorCode::InvalidInput, "Images can be given to float32 and quantized int8 inputs only.",
                  {.input = tensor.name});
    }
    const Bytes pixels = bytes_of(rgba);
    Bytes& buffer = buffers_[static_cast<size_t>(i)];
    const auto fill = [&](std::span<float> reals) {
      transforms::image_to_tensor({.rgba = as<uint8_t>(pixels), .width = width, .height = height},
                                  transforms::preprocessing_from_json(preprocessing), tensor.shape, reals);
    };
    if (int8) {
      std::vector<float> reals(buffer.size());
      fill(reals);
      kernels::quantize(reals.data(), reinterpret_cast<int8_t*>(buffer.data()), reals.size(),
                        tensor.quantization->scale[0], tensor.quantization->zero_point[0]);
    } else {
      fill({reinterpret_cast<float*>(buffer.data()), buffer.size() / sizeof(float)});
    }
    return val::undefined();
  });
}

std::vector<std::span<const std::byte>> Sample::inputs() const { return {buffers_.begin(), buffers_.end()}; }

}  // namespace octet::binding
