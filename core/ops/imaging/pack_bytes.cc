// PACK_BYTES: tensors of any types in one buffer of bytes. The layout is in ops/imaging/packed_bytes.h.
#include <cstring>

#include "ops/imaging/packed_bytes.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  int64_t bytes = 0;
  for (size_t i = 0; i < node.input_count(); ++i)
    bytes += packed_bytes(static_cast<int64_t>(node.input(i).byte_size()));
  return {{DType::UInt8, output_shape(node, std::vector<int64_t>{1, bytes})}};
}

class PackKernel final : public Kernel {
 public:
  explicit PackKernel(const NodeView& node) {
    for (size_t i = 0; i < node.input_count(); ++i) sizes_.push_back(node.input(i).byte_size());
  }
  void run(const KernelArguments& arguments) const override {
    std::byte* to = arguments.outputs[0];
    for (size_t i = 0; i < sizes_.size(); ++i) {
      const size_t packed = static_cast<size_t>(packed_bytes(static_cast<int64_t>(sizes_[i])));
      std::memcpy(to, arguments.inputs[i], sizes_[i]);
      std::memset(to + sizes_[i], 0, packed - sizes_[i]);
      to += packed;
    }
  }

 private:
  std::vector<size_t> sizes_;
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<PackKernel>(node); }

}  // namespace

extern const Operator pack_bytes = {
    .kind = OpKind::PackBytes,
    .infer = infer,
    .kernels = {.bytes = prepare},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .cvu = true,
    .short_name = "Pack bytes",
    .elements = Elements::Moved,
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
