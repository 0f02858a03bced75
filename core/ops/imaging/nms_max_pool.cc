// NMS_MAX_POOL: keeps an element where none in the square around it, within its channel, is larger; the
// others become 0. Peaks of equal height all stay; NaN is larger than nothing.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/simd.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  expect_rank(node, 0, 4);
  if (input.dtype != DType::Float32)
    node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) +
              "; float32 is expected.");
  const int32_t kernel = node.attributes<NmsMaxPool>().kernel;
  if (kernel < 1) node.fail("its kernel is " + std::to_string(kernel) + "; at least 1 is expected.");
  return {{input.dtype, input.shape}};
}

/// to[i] = the larger of to[i] and from[i].
void raise(float* to, const float* from, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4)
    wasm_v128_store(to + i, wasm_f32x4_pmax(wasm_v128_load(to + i), wasm_v128_load(from + i)));
  for (; i < count; ++i) to[i] = to[i] < from[i] ? from[i] : to[i];
}

class NmsMaxPoolKernel final : public Kernel {
 public:
  explicit NmsMaxPoolKernel(const NodeView& node)
      : shape_(node.input(0).shape),
        before_((node.attributes<NmsMaxPool>().kernel - 1) / 2),
        behind_(node.attributes<NmsMaxPool>().kernel / 2),
        row_(static_cast<size_t>(shape_.width()) * static_cast<size_t>(shape_.channels())) {}

  /// The largest of each row's neighbours, for one picture.
  uint64_t scratch_bytes() const override { return uint64_t{picture()} * sizeof(float); }

  void run(const KernelArguments& arguments) const override {
    const float* in = arguments.input<float>(0);
    float* out = arguments.output<float>();
    float* across = reinterpret_cast<float*>(arguments.scratch);
    for (int32_t batch = 0; batch < shape_.batch(); ++batch, in += picture(), out += picture()) {
      for (int32_t y = 0; y < shape_.height(); ++y) raise_across(in + at(y), across + at(y));
      for (int32_t y = 0; y < shape_.height(); ++y) keep_peaks(in, across, y, out + at(y));
    }
  }

 private:
  size_t at(int32_t y) const { return static_cast<size_t>(y) * row_; }
  size_t picture() const { return at(shape_.height()); }

  /// Neighbours further away than the picture's sides are none.
  static int32_t reach(int32_t wanted, int32_t extent) { return std::min(wanted, extent - 1); }

  void raise_across(const float* in, float* out) const {
    constexpr float kLeast = -std::numeric_limits<float>::infinity();
    std::transform(in, in + row_, out, [](float value) { return std::isnan(value) ? kLeast : value; });
    const size_t channels = static_cast<size_t>(shape_.channels());
    for (int32_t d = 1; d <= reach(before_, shape_.width()); ++d) {
      const size_t distance = static_cast<size_t>(d) * channels;
      raise(out + distance, in, row_ - distance);
    }
    for (int32_t d = 1; d <= reach(behind_, shape_.width()); ++d) {
      const size_t distance = static_cast<size_t>(d) * channels;
      raise(out, in + distance, row_ - distance);
    }
  }

  void keep_peaks(const float* in, const float* across, int32_t y, float* out) const {
    std::copy(across + at(y), across + at(y) + row_, out);
    const int32_t first = y - reach(before_, y + 1);
    const int32_t last = y + reach(behind_, shape_.height() - y);
    for (int32_t other = first; other <= last; ++other) {
      if (other != y) raise(out, across + at(other), row_);
    }
    const float* own = in + at(y);
    for (size_t i = 0; i < row_; ++i) out[i] = out[i] > own[i] ? 0.0f : own[i];
  }

  Shape shape_;
  int32_t before_;  ///< Neighbours to the left and above.
  int32_t behind_;
  size_t row_;  ///< Floats.
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<NmsMaxPoolKernel>(node); }

}  // namespace

extern const Operator nms_max_pool = {
    .kind = OpKind::NmsMaxPool,
    .infer = infer,
    .kernels = {.f32 = prepare},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .cvu = true,
    .short_name = "NMS max pool",
    .elements = Elements::Computed,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
