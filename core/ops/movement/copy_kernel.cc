#include "ops/movement/copy_kernel.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace octet::ops {
namespace {

class MovementKernel final : public Kernel {
 public:
  explicit MovementKernel(std::vector<Move> moves) : moves_(std::move(moves)) {}

  void run(const KernelArguments& arguments) const override {
    for (const Move& move : moves_) move.copy(arguments.inputs[move.input], arguments.outputs[move.output]);
  }

 private:
  std::vector<Move> moves_;
};

class PaddingKernel final : public Kernel {
 public:
  PaddingKernel(size_t bytes, std::span<const std::byte> fill, std::vector<kernels::Copy> copies)
      : bytes_(bytes), fill_(fill.begin(), fill.end()), copies_(std::move(copies)) {}

  void run(const KernelArguments& arguments) const override {
    std::byte* output = arguments.outputs[0];
    std::memcpy(output, fill_.data(), fill_.size());
    // What is filled so far doubles until it is a block that the cache holds, and that block repeats.
    constexpr size_t kBlock = 4096;
    for (size_t filled = fill_.size(); filled < bytes_;) {
      const size_t bytes = std::min({filled, kBlock, bytes_ - filled});
      std::memcpy(output + filled, output, bytes);
      filled += bytes;
    }
    for (const kernels::Copy& copy : copies_) copy(arguments.inputs[0], output);
  }

 private:
  size_t bytes_;
  Bytes fill_;
  std::vector<kernels::Copy> copies_;
};

class IdentityKernel final : public Kernel {
 public:
  explicit IdentityKernel(size_t bytes) : bytes_(bytes) {}

  void run(const KernelArguments& arguments) const override {
    if (arguments.outputs[0] != arguments.inputs[0])
      std::memmove(arguments.outputs[0], arguments.inputs[0], bytes_);
  }

 private:
  size_t bytes_;
};

}  // namespace

std::unique_ptr<Kernel> movement_kernel(std::vector<Move> moves) {
  return std::make_unique<MovementKernel>(std::move(moves));
}

std::unique_ptr<Kernel> padding_kernel(const Tensor& output, std::span<const std::byte> fill,
                                       std::vector<kernels::Copy> copies) {
  return std::make_unique<PaddingKernel>(output.byte_size(), fill, std::move(copies));
}

std::unique_ptr<Kernel> identity_kernel(const NodeView& node) {
  return std::make_unique<IdentityKernel>(node.output().byte_size());
}

std::array<ptrdiff_t, Shape::kMaxRank> byte_strides(const Tensor& tensor) {
  std::array<ptrdiff_t, Shape::kMaxRank> strides = {};
  ptrdiff_t stride = static_cast<ptrdiff_t>(size_of(tensor.dtype));
  for (int axis = tensor.shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = stride;
    stride *= tensor.shape[axis];
  }
  return strides;
}

}  // namespace octet::ops
