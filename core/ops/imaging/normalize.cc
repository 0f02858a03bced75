// NORMALIZE: (x / divisor - mean) / std, the same for all channels or one of each for every channel (the last
// dimension), in single precision and this order.
#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/arithmetic/convert.h"
#include "kernels/simd.h"
#include "ops/imaging/image_checks.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kBlock = 256;  ///< Bytes that are widened at once; a multiple of kLanes.

void expect_per_channel(const NodeView& node, const std::vector<float>& values, const std::string& name,
                        bool divides) {
  const Shape& shape = node.input(0).shape;
  const int64_t channels = shape.rank() == 0 ? 1 : shape[-1];
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != channels) {
    node.fail("its " + name + " has " + std::to_string(values.size()) + " entries; one is expected, or " +
              std::to_string(channels) + ", one a channel.");
  }
  const auto fits = [divides](float value) { return std::isfinite(value) && (!divides || value != 0); };
  if (!std::all_of(values.begin(), values.end(), fits))
    node.fail("its " + name + " has an entry that is not finite" + (divides ? " or 0." : "."));
}

std::vector<TensorType> infer(const NodeView& node) {
  const Normalize& attributes = node.attributes<Normalize>();
  expect_pixels(node);
  expect_per_channel(node, attributes.divisor, "divisor", true);
  expect_per_channel(node, attributes.mean, "mean", false);
  expect_per_channel(node, attributes.std, "std", true);
  return {{DType::Float32, node.input(0).shape}};
}

template <class T>
class NormalizeKernel final : public Kernel {
 public:
  explicit NormalizeKernel(const NodeView& node)
      : count_(static_cast<size_t>(node.output().shape.elements())) {
    const Normalize& attributes = node.attributes<Normalize>();
    const size_t channels =
        std::max({attributes.divisor.size(), attributes.mean.size(), attributes.std.size()});
    // As many vectors as channels, and the channels begin anew with a vector.
    for (size_t i = 0; i < channels * kLanes; ++i) {
      const auto of_channel = [&](const std::vector<float>& list) {
        return list[list.size() == 1 ? 0 : i % channels];
      };
      divisors_.push_back(of_channel(attributes.divisor));
      means_.push_back(of_channel(attributes.mean));
      stds_.push_back(of_channel(attributes.std));
    }
    divides_ = !std::all_of(divisors_.begin(), divisors_.end(), [](float divisor) { return divisor == 1; });
  }

  void run(const KernelArguments& arguments) const override {
    const T* in = arguments.input<T>(0);
    float* out = arguments.output<float>();
    float wide[kBlock] = {};
    size_t at = 0;  // In the lists.
    for (size_t i = 0; i < count_; i += kBlock) {
      const size_t count = std::min(kBlock, count_ - i);
      if constexpr (std::is_same_v<T, float>) {
        std::copy(in + i, in + i + count, wide);
      } else {
        kernels::widen_uint8(in + i, wide, count);
      }
      at = normalize(wide, out + i, count, at);
    }
  }

 private:
  size_t normalize(float* values, float* out, size_t count, size_t at) const {
    for (size_t k = 0; k < count; k += kLanes) {
      v128_t x = wasm_v128_load(values + k);
      if (divides_) x = wasm_f32x4_div(x, wasm_v128_load(&divisors_[at]));
      x = wasm_f32x4_div(wasm_f32x4_sub(x, wasm_v128_load(&means_[at])), wasm_v128_load(&stds_[at]));
      wasm_v128_store(values + k, x);
      at = at + kLanes == means_.size() ? 0 : at + kLanes;
    }
    std::copy(values, values + count, out);
    return at;
  }

  size_t count_;
  bool divides_ = true;
  std::vector<float> divisors_, means_, stds_;
};

template <class T>
std::unique_ptr<Kernel> prepare(const NodeView& node) {
  return std::make_unique<NormalizeKernel<T>>(node);
}

}  // namespace

extern const Operator normalize = {
    .kind = OpKind::Normalize,
    .infer = infer,
    .kernels = {.f32 = prepare<float>, .plain = prepare<uint8_t>},
    .quantization = kOfPictures,
    .cvu = true,
    .short_name = "Normalize",
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
