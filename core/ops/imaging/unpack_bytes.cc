// UNPACK_BYTES: the tensors that PACK_BYTES put into one buffer. The layout is in ops/imaging/packed_bytes.h.
#include <cstring>
#include <string>

#include "ops/imaging/packed_bytes.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Tensor& input = node.input(0);
  std::vector<TensorType> types;
  int64_t bytes = 0;
  for (const StaticType& tensor : node.attributes<UnpackBytes>().tensors) {
    const Shape shape = output_shape(node, std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end()));
    bytes += packed_bytes(shape.elements() * static_cast<int64_t>(size_of(tensor.dtype)));
    types.push_back({tensor.dtype, shape});
  }
  if (input.dtype != DType::UInt8 || input.shape.elements() != bytes) {
    node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) + " " +
              to_string(input.shape) + "; its " + std::to_string(types.size()) + " tensors take " +
              std::to_string(bytes) + " bytes, uint8, each at a multiple of " +
              std::to_string(kPackedAlignment) + ".");
  }
  return types;
}

class UnpackKernel final : public Kernel {
 public:
  explicit UnpackKernel(const NodeView& node) {
    for (size_t i = 0; i < node.output_count(); ++i) sizes_.push_back(node.output(i).byte_size());
  }
  void run(const KernelArguments& arguments) const override {
    const std::byte* from = arguments.inputs[0];
    for (size_t i = 0; i < sizes_.size(); ++i) {
      std::memcpy(arguments.outputs[i], from, sizes_[i]);
      from += packed_bytes(static_cast<int64_t>(sizes_[i]));
    }
  }

 private:
  std::vector<size_t> sizes_;
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<UnpackKernel>(node); }

}  // namespace

extern const Operator unpack_bytes = {
    .kind = OpKind::UnpackBytes,
    .infer = infer,
    .kernels = {.bytes = prepare},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .cvu = true,
    .short_name = "Unpack bytes",
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
